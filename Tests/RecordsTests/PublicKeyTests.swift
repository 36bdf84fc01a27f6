import Records
import Testing
import Text

@Suite struct PublicKeyTests {
    private let pem = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERxw+dYxJBChbun5TEY7Q9SSt6wdX
        0lvS+Oew1236cUzdUg96yoqLkXrMN/Ud6PDJu+OthYOC5wLcJaEtCfeoWA==
        -----END PUBLIC KEY-----
        """
    private let cid = "baeareih47nx2vjmqxx5xlar766ufi7jbxyedv634kcgagqrmnt42xjor3u"
    private let signature =
        "MEUCIAHUGh4EQd3H6E8OA/6i9QTOx6ub9tbsr0h/niEGFrl7AiEAp8BPJ7cXnSkz8KsGlNxwobIZtMpkA6qXX9a7yugqm0c="

    @Test func `a signature of upstream's client is accepted`() throws {
        let key = try PublicKey(pem: pem)
        #expect(key.algorithm == "ECDSA-P-256")
        #expect(try key.verifies(signature, of: cid))
        #expect(try !key.verifies(signature, of: cid + "x"))
        #expect(key.pem == pem + "\n")
    }
}
