internal import Directory
internal import DirectoryMessages
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    private static let signService = "agntcy.dir.sign.v1.SignService"

    /// `agntcy.dir.sign.v1.SignService`
    static func signatures(_ operations: Operations) -> [GRPCMethod] {
        [
            // As upstream: a private key must not be sent to a server.
            .unary(signService, "Sign", scope: .recordsWrite) {
                (_: Agntcy_Dir_Sign_V1_SignRequest) -> Agntcy_Dir_Sign_V1_SignResponse in
                throw GRPCStatus(
                    .unimplemented, "server-side signing is not supported: sign at the client")
            },
            .unary(signService, "Verify", scope: .recordsRead) {
                (request: Agntcy_Dir_Sign_V1_VerifyRequest) in
                try checkGiven(request.recordRef.cid)
                return try await verify(request, operations)
            },
        ]
    }

    /// Checks the stored signatures, with a given key or with those that were stored with them.
    private static func verify(
        _ request: Agntcy_Dir_Sign_V1_VerifyRequest, _ operations: Operations
    ) async throws -> Agntcy_Dir_Sign_V1_VerifyResponse {
        var response = Agntcy_Dir_Sign_V1_VerifyResponse()
        var key: String?
        switch request.provider.request {
        case .key(let provider): key = provider.publicKey
        case .oidc:
            response.errorMessage = "verification by OIDC is not supported: use a key"
            return response
        case .any, nil: break
        }
        do throws(DirectoryError) {
            let cid = request.recordRef.cid
            let verification = try await operations.verify(cid, publicKey: key)
            response.success = verification.isVerified
            if let reason = verification.reason { response.errorMessage = reason }
            response.signers = verification.signers.map { signer in
                .with { info in
                    info.key.publicKey = signer.publicKey
                    info.key.algorithm = signer.algorithm
                }
            }
        } catch {
            guard case .notFound = error else { throw error }
            response.errorMessage = "record not found"
        }
        return response
    }
}
