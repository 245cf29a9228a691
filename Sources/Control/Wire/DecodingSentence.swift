extension DecodingError {
  /// The error in a few words that name the field, for whoever wrote the message by hand.
  ///
  /// The decoder's own description shows Swift types, which mean nothing to a client's author.
  var sentence: String {
    switch self {
    case .keyNotFound(let key, let context):
      "the field \(Self.field(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context):
      "the field \(Self.field(context.codingPath)) is of the wrong type"
    case .valueNotFound(_, let context):
      "the field \(Self.field(context.codingPath)) is null"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "it is not JSON"
        : "the field \(Self.field(context.codingPath)) has a value it cannot have"
    @unknown default:
      "it is not JSON"
    }
  }

  private static func field(_ path: [any CodingKey]) -> String {
    let name = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    return name.isEmpty ? "at the top" : name
  }
}
