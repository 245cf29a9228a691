/// INFO and GO: the same question and answer; GO begins transmission when it succeeds.
extension ServerNegotiation {
  func answerInfo(
    _ data: [UInt8], _ reply: OptionReply, _ output: inout [UInt8]
  ) -> NegotiationState {
    _ = describe(data, reply, &output)
    return .needMore
  }

  mutating func answerGo(
    _ data: [UInt8], _ reply: OptionReply, _ output: inout [UInt8]
  ) -> NegotiationState {
    guard let index = describe(data, reply, &output) else { return .needMore }
    open(index)
    return .transmission(exportIndex: index)
  }

  /// Writes the infos and the acknowledgement, or the refusal; the export's place on success.
  private func describe(
    _ data: [UInt8], _ reply: OptionReply, _ output: inout [UInt8]
  ) -> Int? {
    do {
      let request = try InfoRequest(parsing: data)
      guard let index = exportIndex(named: request.name) else {
        reply.refuse(.unknownExport, into: &output)
        return nil
      }
      for type in InfoType.allCases where sends(type, for: request, of: exports[index]) {
        reply.info(type, of: exports[index], terms, into: &output)
      }
      reply.acknowledge(into: &output)
      return index
    } catch {
      reply.refuse(error.refusal, into: &output)
      return nil
    }
  }

  private func sends(
    _ type: InfoType, for request: InfoRequest, of export: ExportDescription
  ) -> Bool {
    switch type {
    case .export: true
    case .name, .blockSize: request.wants(type)
    case .description: request.wants(type) && !export.description.isEmpty
    }
  }
}
