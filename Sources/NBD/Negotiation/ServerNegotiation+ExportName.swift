/// EXPORT_NAME: the oldest way in, which can only succeed or hang up.
extension ServerNegotiation {
  func planExportName(lengthBytes: UInt32) -> OptionPlan {
    lengthBytes <= NBDLimits.stringBytesMax ? .collect(.exportName) : .close(.exportNameIllegal)
  }

  mutating func answerExportName(_ name: [UInt8], _ output: inout [UInt8]) -> NegotiationState {
    guard WireText.isLegal(name) else { return .close(reason: .exportNameIllegal) }
    guard let index = exportIndex(named: name) else {
      return .close(reason: .exportNameUnknown)
    }
    open(index)
    // The reply has no header: size and flags, then a gap that all but old clients switch off.
    output.appendBigEndian(exports[index].sizeBytes)
    output.appendBigEndian(exports[index].flags(on: terms).rawValue)
    if !clientFlags.contains(.noZeroes) {
      output.append(contentsOf: repeatElement(0, count: 124))
    }
    return .transmission(exportIndex: index)
  }
}
