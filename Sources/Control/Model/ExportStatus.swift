/// Another address at which a device is served.
package struct ExportStatus: Codable, Hashable, Sendable {
  package let listen: String
  package let uri: String
  package let readOnly: Bool
  /// Why it is not served there now; nil when it is.
  package let trouble: String?

  package init(listen: String, uri: String, readOnly: Bool, trouble: String? = nil) {
    self.listen = listen
    self.uri = uri
    self.readOnly = readOnly
    self.trouble = trouble
  }
}
