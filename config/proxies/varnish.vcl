vcl 4.1;

# Varnish in front of the gateway. There is nothing here for a cache: every read of a record is an
# event, and what a listing says changes with the next push. Everything passes. Varnish speaks no TLS.

backend gateway {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 5s;
    .first_byte_timeout = 60s;
    .between_bytes_timeout = 60s;
}

sub vcl_recv {
    # A pipe hands on both directions as they come: the events, the departure of their reader, and
    # the results of a stream of records while it is still being sent. The parameter pipe_timeout
    # (60 s) has to be longer than events.heartbeat_interval (15 s).
    if (req.url ~ "^/(events|push)") {
        return (pipe);
    }
    return (pass);
}

sub vcl_pipe {
    # Or the next request on the connection would go the same way, unseen by Varnish.
    set bereq.http.Connection = "close";
}
