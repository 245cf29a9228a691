/// `export`: serve a device at another address, too.
package enum ExportMethod: ControlMethod {
  package static let name = "export"
  package static let access = ControlAccess.changing
  /// Addresses of one device beside its own socket.
  package static let exportsMax = 8

  /// What to serve where.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let export: ExportSpecification
    /// The operator knows that whoever reaches the address has the disk.
    package let insecure: Bool

    package init(name: String, export: ExportSpecification, insecure: Bool = false) {
      self.name = name
      self.export = export
      self.insecure = insecure
    }

    /// Reads the parameters; that plain TCP is meant is never assumed.
    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      name = try fields.decode(String.self, forKey: .name)
      export = try fields.decode(ExportSpecification.self, forKey: .export)
      insecure = try fields.decodeIfPresent(Bool.self, forKey: .insecure) ?? false
    }

    /// Refuses what no look at the system is needed to refuse.
    package func check() throws(ControlError) {
      guard case .tcp = try export.checkedAddress() else { return }
      guard export.isSecured || insecure else {
        throw ControlError(
          .refused,
          "\(export.listen) without TLS would give the disk to everybody who reaches it",
          hint: "add --tls-certificates or --tls-psk, or --insecure if that is what you want")
      }
    }
  }

  /// Where it is served now.
  package struct Result: Codable, Hashable, Sendable {
    package let name: String
    /// With the port that was chosen, where 0 was asked for.
    package let listen: String
    package let uri: String
    package let warning: String?

    package init(name: String, listen: String, uri: String, warning: String? = nil) {
      self.name = name
      self.listen = listen
      self.uri = uri
      self.warning = warning
    }
  }
}
