internal import DirectoryMessages
internal import FoundationEssentials
internal import SwiftProtobuf
internal import Text

extension GRPCMethods {
    static let reflectionServices = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    /// `grpc.reflection.v1.ServerReflection` and its older name, whose messages are the same.
    /// - Parameter names: the services to list.
    static func reflection(_ names: [String]) -> [GRPCMethod] {
        reflectionServices.map { service in
            .bidirectional(
                service, "ServerReflectionInfo", scope: .none, admission: .vital
            ) { (request: Grpc_Reflection_V1_ServerReflectionRequest, call: GRPCCall) in
                try await call.send(response(to: request, names))
            }
        }
    }

    private static func response(
        to request: Grpc_Reflection_V1_ServerReflectionRequest, _ names: [String]
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        var response = Grpc_Reflection_V1_ServerReflectionResponse()
        response.validHost = request.host
        response.originalRequest = request
        switch request.messageRequest {
        case .listServices:
            response.listServicesResponse.service = names.map { name in .with { $0.name = name } }
        case .fileByFilename(let name):
            return answer(&response, DescriptorIndex.shared.file(name), name)
        case .fileContainingSymbol(let name):
            return answer(&response, DescriptorIndex.shared.file(ofSymbol: name), name)
        case .fileContainingExtension(let wanted):
            refuse(&response, .notFound, "\(wanted.containingType) has no extensions")
        case .allExtensionNumbersOfType(let name):
            guard !DescriptorIndex.shared.file(ofSymbol: name).isNil else {
                refuse(&response, .notFound, "\(name.clipped(to: 200)) is not known")
                break
            }
            response.allExtensionNumbersResponse.baseTypeName = name
        case nil: refuse(&response, .invalidArgument, "the request asks for nothing")
        }
        return response
    }

    private static func answer(
        _ response: inout Grpc_Reflection_V1_ServerReflectionResponse, _ name: String?,
        _ wanted: String
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        if let name {
            response.fileDescriptorResponse.fileDescriptorProto =
                DescriptorIndex.shared.withImports(name)
        } else {
            refuse(&response, .notFound, "\(wanted.clipped(to: 200)) is not known")
        }
        return response
    }

    private static func refuse(
        _ response: inout Grpc_Reflection_V1_ServerReflectionResponse, _ code: GRPCStatus.Code,
        _ message: String
    ) {
        response.errorResponse.errorCode = Int32(code.rawValue)
        response.errorResponse.errorMessage = message
    }
}

/// The descriptors of all files, by name and by what is in them. Made once, when it is first needed.
private struct DescriptorIndex: Sendable {
    static let shared = DescriptorIndex()

    private var files: [ExactString: Google_Protobuf_FileDescriptorProto] = [:]
    /// The name of the file, by the full name of a symbol.
    private var symbols: [ExactString: String] = [:]

    private init() {
        let lines = generatedDescriptors.split(on: UInt8(ascii: "\n"))
        guard let bytes = Data(base64Encoded: lines.joined()),
            let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
        else { return }
        for file in set.file {
            files[ExactString(file.name)] = file
            add(file)
        }
    }

    /// Returns the name of a file, if there is one of this name.
    func file(_ name: String) -> String? { files[ExactString(name)]?.name }

    /// Returns the name of the file in which a service, method, message, field or enum is.
    func file(ofSymbol name: String) -> String? { symbols[ExactString(name)] }

    /// Returns a file and all that it imports, the file itself first.
    func withImports(_ name: String) -> [Data] {
        var seen: Set<ExactString> = [ExactString(name)]
        var waiting = [name]
        var found: [Data] = []
        while !waiting.isEmpty {
            guard let file = files[ExactString(waiting.removeFirst())] else { continue }
            if let data: Data = try? file.serializedBytes() { found.append(data) }
            waiting += file.dependency.filter { seen.insert(ExactString($0)).inserted }
        }
        return found
    }

    private mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
        func add(_ name: String) { symbols[ExactString("\(file.package).\(name)")] = file.name }
        func add(_ message: Google_Protobuf_DescriptorProto, in scope: String) {
            let name = scope + message.name
            add(name)
            for field in message.field { add("\(name).\(field.name)") }
            for inner in message.nestedType { add(inner, in: name + ".") }
            for inner in message.enumType { add("\(name).\(inner.name)") }
        }
        for message in file.messageType { add(message, in: "") }
        for inner in file.enumType { add(inner.name) }
        for service in file.service {
            add(service.name)
            for method in service.method { add("\(service.name).\(method.name)") }
        }
    }
}
