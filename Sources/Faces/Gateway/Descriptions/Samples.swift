/// What the examples of the descriptions have in common. The record is one of `examples/records`.
enum Samples {
    static let cid = "baeareiagip55kh227nytpyzsvhp5bihr45xt5bc2vvjsol42bnzn5jrp2a"
    static let otherCID = "baeareibgbyis3erzj6aswtu5j7pmukkeuqghfbt7pdegjgcoea5dueb4te"
    static let eventID = "01a203d3-84c7-7000-8314-f21e160b4a1e"
    static let syncID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
    static let signer = "SHA256:P96ZDe6xIdMXaMMdfO+0kUP6l3HSH5zP8uh2aK8xEcE="
    static let time = "2026-11-22T15:15:23.463436Z"

    /// A public key as a JSON string.
    static let publicKey =
        #""-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqQcxbodbSHwVoy5m/N5zpc6fUJCO\nnGsKNkjr3BUuzSSiSorCEdwFge5+M5ehGLtpQqdNE+0EoUD4q2A8w+f84A==\n-----END PUBLIC KEY-----\n""#

    static let signature =
        "MEUCIQDnCz12WS7KDhbzYZKvfHe/FtxslPi8JohbTcwkYGVLMAIgCfbCVYdGUT6sdQSdyi/rD2L1l3dIe2+2qNAcR54+Jpc="

    static let event = """
        {"id":"\(eventID)","type":"EVENT_TYPE_RECORD_PUSHED","timestamp":"\(time)",\
        "resource_id":"\(cid)","labels":["/skills/devops_mlops/deployment_orchestration",\
        "/domains/technology/software_engineering"]}
        """

    static let summary = """
        {"cid":"\(cid)","name":"directory.example.org/platform/release-pilot","version":"v5.2.0",\
        "schema_version":"1.0.0","created_at":"2025-11-03T09:30:00Z","pushed_at":"\(time)",\
        "size":1234,"published":false,"labels":["/skills/devops_mlops/deployment_orchestration"],\
        "signatures":1}
        """

    static let record = """
        {"name":"directory.example.org/research/paper-scout","version":"v1.0.0","schema_version":"1.0.0",\
        "description":"Finds new papers on a topic every morning.","authors":["Li Wei"],\
        "created_at":"2025-11-20T05:45:12Z","skills":[{"name":"natural_language_processing/analytical_reasoning"}],\
        "locators":[{"type":"url","urls":["https://scout.example.org"]}]}
        """

    static let storedSignature = """
        {"cid":"\(cid)","signature":"\(signature)","algorithm":"ECDSA-P-256",\
        "signer":"\(signer)","public_key":\(publicKey),"signed_at":"\(time)"}
        """

    static let sync = """
        {"sync_id":"\(syncID)","status":"COMPLETED","remote_directory_url":"http://127.0.0.1:9000",\
        "created_at":"\(time)","updated_at":"2026-11-22T15:15:24.023436Z","found":6,"copied":5,\
        "present":1,"failed":0,"signatures":2,"signatures_refused":0}
        """

    static let subscriber = """
        {"id":17,"address":"127.0.0.1","user_agent":"curl/8.5.0","since":"\(time)","age":61,\
        "kind":"http","format":"text/event-stream",\
        "filter":{"labels":["/skills/"]},"delivered":42,"rate":0.700,\
        "dropped":0,"queued":0,"buffer_size":100,"replaying":false}
        """
}
