/// Another place at which a device is served, and on what terms.
package struct ExportSpecification: Codable, Hashable, Sendable {
  /// As `ListenAddress` reads it.
  package var listen: String
  /// Clients may change nothing by this way.
  package let readOnly: Bool
  /// Structured replies are not offered.
  package let simpleReplies: Bool
  /// A folder with ca-cert.pem, server-cert.pem and server-key.pem: clients must use TLS.
  package let certificates: String?
  /// A file of USER:HEX lines: clients must use TLS with one of these keys.
  package let keys: String?
  /// Clients need a certificate of the authority, too.
  package let verifyClients: Bool

  package init(
    listen: String, readOnly: Bool = false, simpleReplies: Bool = false,
    certificates: String? = nil,
    keys: String? = nil, verifyClients: Bool = false
  ) {
    self.listen = listen
    self.readOnly = readOnly
    self.simpleReplies = simpleReplies
    self.certificates = certificates
    self.keys = keys
    self.verifyClients = verifyClients
  }

  /// Reads a specification; what is left out is off.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    listen = try fields.decode(String.self, forKey: .listen)
    readOnly = try fields.decodeIfPresent(Bool.self, forKey: .readOnly) ?? false
    simpleReplies = try fields.decodeIfPresent(Bool.self, forKey: .simpleReplies) ?? false
    certificates = try fields.decodeIfPresent(String.self, forKey: .certificates)
    keys = try fields.decodeIfPresent(String.self, forKey: .keys)
    verifyClients = try fields.decodeIfPresent(Bool.self, forKey: .verifyClients) ?? false
  }

  package var isSecured: Bool { certificates != nil || keys != nil }

  /// The address, of a specification that cannot be meant otherwise.
  package func checkedAddress() throws(ControlError) -> ListenAddress {
    let address = try ListenAddress(listen)
    if certificates != nil && keys != nil {
      throw ControlError(
        .badRequest, "certificates and shared keys exclude each other",
        hint: "export the device at two addresses")
    }
    if verifyClients && certificates == nil {
      throw ControlError(
        .badRequest, "only certificates can be verified", hint: "add --tls-certificates")
    }
    for path in [certificates, keys].compactMap({ $0 }) { try PathOperand.requireAbsolute(path) }
    return address
  }
}
