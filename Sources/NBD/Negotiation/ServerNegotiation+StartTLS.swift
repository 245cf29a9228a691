/// STARTTLS: refused where there is no TLS, and then TLS_REQD is never said either.
extension ServerNegotiation {
  func planStartTLS(lengthBytes: UInt32) -> OptionPlan {
    if let refusal = refusalOfData(lengthBytes: lengthBytes) {
      return .skip(then: .refuse(refusal))
    }
    guard canStartTLS else { return .skip(then: .refuse(.noTLS)) }
    return .skip(then: needsTLS ? .startTLS : .refuse(.tlsAlready))
  }

  func answerStartTLS(_ reply: OptionReply, _ output: inout [UInt8]) -> NegotiationState {
    reply.acknowledge(into: &output)
    return .startTLS
  }
}
