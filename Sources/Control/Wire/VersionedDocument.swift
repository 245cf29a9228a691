/// A result with `version` beside its own keys.
struct VersionedDocument<Content: Encodable>: Encodable {
  private enum CodingKeys: CodingKey {
    case version
  }

  let content: Content

  func encode(to encoder: any Encoder) throws {
    try content.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(Wire.version, forKey: .version)
  }
}
