/// LIST_META_CONTEXT and SET_META_CONTEXT: what BLOCK_STATUS tells, of which there is one thing.
extension ServerNegotiation {
  func planContexts(_ option: CollectedOption, lengthBytes: UInt32) -> OptionPlan {
    guard terms.replies != .simple else {
      return .skip(
        then: .refuse(lengthBytes <= NBDLimits.optionDataBytesMax ? .structuredFirst : .tooBig))
    }
    return planCollected(option, lengthBytes: lengthBytes)
  }

  func answerListContexts(
    _ data: [UInt8], _ reply: OptionReply, _ output: inout [UInt8]
  ) -> NegotiationState {
    do {
      let request = try ContextRequest(parsing: data)
      guard exportIndex(named: request.name) != nil else {
        return refuse(.unknownExport, reply, &output)
      }
      // What is listed has no number yet.
      if request.lists { reply.context(id: 0, name: AllocationExtent.contextName, into: &output) }
      reply.acknowledge(into: &output)
      return .needMore
    } catch {
      return refuse(error.refusal, reply, &output)
    }
  }

  /// A choice takes the place of an earlier one, also when it fails.
  mutating func answerSetContexts(
    _ data: [UInt8], _ reply: OptionReply, _ output: inout [UInt8]
  ) -> NegotiationState {
    contextExport = nil
    do {
      let request = try ContextRequest(parsing: data)
      guard let index = exportIndex(named: request.name) else {
        return refuse(.unknownExport, reply, &output)
      }
      if request.selects {
        contextExport = index
        reply.context(
          id: AllocationExtent.contextID, name: AllocationExtent.contextName, into: &output)
      }
      reply.acknowledge(into: &output)
      return .needMore
    } catch {
      return refuse(error.refusal, reply, &output)
    }
  }
}
