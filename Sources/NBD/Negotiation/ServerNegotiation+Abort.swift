/// ABORT: the client leaves and wants to hear that this was understood.
extension ServerNegotiation {
  /// Comes after any data was read, though nobody needs it: closing a socket with unread input may
  /// reset the connection and take the acknowledgement with it.
  func answerAbort(_ reply: OptionReply, _ output: inout [UInt8]) -> NegotiationState {
    reply.acknowledge(into: &output)
    return .close(reason: .abortedByClient)
  }
}
