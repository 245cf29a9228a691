/// Reads integers in network byte order, at any alignment.
extension RawSpan {
  /// The unchecked load is safe: the bounds are checked here, and every bit pattern is an integer.
  @inlinable
  func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    precondition(offset >= 0 && MemoryLayout<Value>.size <= byteCount - offset)
    return Value(
      bigEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self))
  }
}
