# Build: docker build -t directory-gateway .
# Run:   docker run -p 127.0.0.1:8080:8080 -v directory:/var/lib/directory-gateway directory-gateway
# scripts/check-docker copies what is copied here, and sees whether it is enough.
FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        libcurl4-openssl-dev libevent-dev libnghttp2-dev libsodium-dev libsqlite3-dev libssl-dev \
        pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The manifest names the targets of these three folders, and SwiftPM wants to see each of them.
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY Fuzz Fuzz
RUN for program in dir-gateway dirctl; do \
        swift build -c release --product $program --static-swift-stdlib || exit 1; \
        install -D "$(swift build -c release --show-bin-path)/$program" /out/$program || exit 1; \
    done

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        ca-certificates curl libcurl4 libevent-core-2.1-7 libnghttp2-14 libsodium23 libsqlite3-0 \
        libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 gateway \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/directory-gateway gateway \
    && install -d -m 0700 -o 10001 -g 10001 /var/lib/directory-gateway
COPY --from=build /out/dir-gateway /out/dirctl /usr/local/bin/
COPY public /usr/local/share/directory-gateway/public
# A number, because Kubernetes cannot see that a name is not root (runAsNonRoot).
USER 10001:10001
WORKDIR /var/lib/directory-gateway
VOLUME /var/lib/directory-gateway
EXPOSE 8080
# A container is reached from outside: the operator who publishes the port decides who may.
ENV DIRECTORY_SERVER_LISTEN_ADDRESS=0.0.0.0:8080 \
    DIRECTORY_SERVER_AUTH_MODE=open \
    DIRECTORY_SERVER_DATA_DIR=/var/lib/directory-gateway \
    DIRECTORY_SERVER_DASHBOARD_DIRECTORY=/usr/local/share/directory-gateway/public
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD curl --fail --silent --output /dev/null http://127.0.0.1:8080/readyz
ENTRYPOINT ["dir-gateway"]
