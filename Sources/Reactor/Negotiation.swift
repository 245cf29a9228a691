internal import NBD

/// The handshake of one session: its machine and the answer that is being sent.
///
/// It receives only when its last answer is out, so that a client that reads nothing costs one answer.
@safe struct Negotiation {
  var machine: ServerNegotiation
  /// Stable memory of the answer in flight.
  var answer: UnsafeMutableBufferPointer<UInt8>?
  /// What follows when the answer is out.
  var outcome = NegotiationState.needMore

  init(_ export: ExportDescription, tls: TLSPolicy, isReadOnly: Bool, offersChunks: Bool) {
    machine = ServerNegotiation(
      exports: [export], defaultExport: 0, tls: tls, isReadOnly: isReadOnly,
      offersChunks: offersChunks)
  }

  mutating func hold(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
    release()
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = unsafe copy.initialize(from: bytes)
    unsafe answer = copy
    return unsafe copy
  }

  mutating func release() {
    unsafe answer?.deallocate()
    unsafe answer = nil
  }
}
