/// Takes fields off the front of a message; nil means that the message is shorter than it claims.
///
/// Lengths are compared with what is left, never added up, so that no announced length overflows.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var remainingBytes: Int { rest.count }

  mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type = Value.self
  ) -> Value? {
    guard let field = bytes(count: Value.bitWidth / 8) else { return nil }
    return field.reduce(0) { $0 << 8 | Value($1) }
  }

  mutating func bytes(count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
