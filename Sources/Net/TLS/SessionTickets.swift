internal import COpenSSL
internal import Glibc

/// For how many seconds a client may come back without a full handshake.
let resumptionLifetime = 3600

// A ticket contains the client's certificate, which is not checked again when it is used, and each
// connection gets a new ticket. These two keep the time of the last check in the ticket, and see that
// neither the certificate nor the check is too old.

/// Writes the time of a full handshake into the ticket. OpenSSL copies it into the later ones.
@c func onTicketMade(ssl: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    guard unsafe SSL_session_reused(ssl) == 0 else { return 1 }
    var now = time(nil)
    return unsafe SSL_SESSION_set1_ticket_appdata(
        SSL_get_session(ssl), &now, MemoryLayout<time_t>.size)
}

/// Uses a ticket, or demands a full handshake.
@c func onTicketUsed(
    _: OpaquePointer?, session: OpaquePointer?, _: UnsafePointer<UInt8>?, _: Int,
    status: Int32, _: UnsafeMutableRawPointer?
) -> Int32 {
    switch status {
    case SSL_TICKET_SUCCESS where unsafe isFresh(session): SSL_TICKET_RETURN_USE
    case SSL_TICKET_SUCCESS_RENEW where unsafe isFresh(session): SSL_TICKET_RETURN_USE_RENEW
    default: SSL_TICKET_RETURN_IGNORE_RENEW
    }
}

private func isFresh(_ session: OpaquePointer?) -> Bool {
    let now = time(nil)
    var data: UnsafeMutableRawPointer?
    var count = 0
    guard unsafe SSL_SESSION_get0_ticket_appdata(session, &data, &count) == 1,
        count == MemoryLayout<time_t>.size,
        let checked = unsafe data?.loadUnaligned(as: time_t.self),
        now >= checked, now - checked < resumptionLifetime
    else { return false }
    guard let peer = unsafe SSL_SESSION_get0_peer(session) else { return true }
    unsafe X509_up_ref(peer)
    return unsafe now < Certificate(owning: peer).expiry
}
