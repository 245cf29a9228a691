/// STRUCTURED_REPLY and EXTENDED_HEADERS: how answers will look.
extension ServerNegotiation {
  func planReplies(_ style: ReplyStyle, lengthBytes: UInt32) -> OptionPlan {
    if let refusal = refusalOfData(lengthBytes: lengthBytes) {
      return .skip(then: .refuse(refusal))
    }
    // Asked for twice, either is granted again; but there is no way back.
    if style == .structured && terms.replies == .extended {
      return .skip(then: .refuse(.extendedAlready))
    }
    return .skip(then: .useReplies(style))
  }

  mutating func answerReplies(
    _ style: ReplyStyle, _ reply: OptionReply, _ output: inout [UInt8]
  ) -> NegotiationState {
    use(style)
    reply.acknowledge(into: &output)
    return .needMore
  }
}
