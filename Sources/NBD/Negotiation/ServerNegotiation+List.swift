/// LIST: every export with its description.
extension ServerNegotiation {
  func planList(lengthBytes: UInt32) -> OptionPlan {
    if let refusal = refusalOfData(lengthBytes: lengthBytes) {
      return .skip(then: .refuse(refusal))
    }
    guard listsExports else { return .skip(then: .refuse(.listingOff)) }
    // Twenty bytes ask for the whole list, and a packet holds many of them.
    guard listingsAnswered < NBDLimits.listingsMax else {
      return .skip(then: .refuse(.listedTooOften))
    }
    return .skip(then: .listExports)
  }

  mutating func answerList(_ reply: OptionReply, _ output: inout [UInt8]) -> NegotiationState {
    listingsAnswered += 1
    for export in exports { reply.server(export, into: &output) }
    reply.acknowledge(into: &output)
    return .needMore
  }
}
