internal import Authentication
internal import HTTPServer
internal import HTTPTypes
internal import Text

extension Routes {
    /// The sign-in of browsers. Only while a proof is asked for.
    static func session(_ access: AccessControl) -> [Route] {
        guard access.authenticator.asksForProof else { return [] }
        return [
            Route(
                .get, "/session", "who the request is made by, and what that subject may do",
                scope: nil
            ) { request in
                let subject = try await access.subject(of: request)
                var members: [(String, JSON)] = [
                    ("subject", .string(subject.name)), ("kind", .string(subject.kind.name)),
                    ("scopes", .strings(subject.scopes.names)),
                ]
                if let restriction = subject.restriction {
                    members.append(("filter", restriction.json))
                }
                if let expires = subject.expires {
                    members.append(("expires", .string(Timestamp.format(expires))))
                }
                return .json(.object(members))
            },
            Route(
                .post, "/session", "begins a browser's session with a bearer token", scope: nil,
                responses: [(204, "the session, as a cookie")]
            ) { request in
                let subject = try await access.subject(of: request)
                let isSecure = !request.peer.security.isNil
                let cookie: String
                do throws(AccessError) {
                    cookie = try access.authenticator.signIn(subject, isSecure: isSecure)
                } catch {
                    throw Problem(error)
                }
                return .empty(.noContent, fields: [.setCookie: cookie, .cacheControl: "no-store"])
            },
            Route(
                .delete, "/session", "ends a browser's session", scope: nil,
                responses: [(204, "the session has ended")]
            ) { request in
                let credentials = AccessControl.credentials(request.head, request.peer)
                let cookie = access.authenticator.signOut(credentials)
                return .empty(.noContent, fields: [.setCookie: cookie, .cacheControl: "no-store"])
            },
        ]
    }
}

extension AccessControl {
    /// Returns the subject of a request, whatever its scopes.
    fileprivate func subject(of request: Request) async throws -> Subject {
        do throws(AccessError) {
            let credentials = Self.credentials(request.head, request.peer)
            return try await authenticator.authenticate(credentials)
        } catch {
            throw Problem(error)
        }
    }
}
