/// What to do with each option, decided from its number and announced length.
///
/// To add an option: a case here, and a file with its plan and its answer.
extension ServerNegotiation {
  func plan(option: UInt32, lengthBytes: UInt32) -> OptionPlan {
    let known = NBDOption(rawValue: option)
    guard clientFlags.contains(.fixedNewstyle) || known == .exportName else {
      return .close(.optionWithoutFixedNewstyle(option: option))
    }
    guard lengthBytes <= NBDLimits.skippedDataBytesMax else {
      return .close(.optionTooLong(option: option, lengthBytes: lengthBytes))
    }
    if needsTLS && known != .startTLS && known != .abort {
      // EXPORT_NAME knows no error reply.
      return known == .exportName ? .close(.tlsRequired) : .skip(then: .refuse(.tlsRequired))
    }
    if !offersChunks, let known, known.isAboutChunks { return .skip(then: .refuse(.unsupported)) }
    switch known {
    case .exportName: return planExportName(lengthBytes: lengthBytes)
    case .abort: return .skip(then: .acknowledgeAbort)
    case .list: return planList(lengthBytes: lengthBytes)
    case .startTLS: return planStartTLS(lengthBytes: lengthBytes)
    case .info: return planCollected(.info, lengthBytes: lengthBytes)
    case .go: return planCollected(.go, lengthBytes: lengthBytes)
    case .structuredReply: return planReplies(.structured, lengthBytes: lengthBytes)
    case .extendedHeaders: return planReplies(.extended, lengthBytes: lengthBytes)
    case .listMetaContext: return planContexts(.listContexts, lengthBytes: lengthBytes)
    case .setMetaContext: return planContexts(.setContexts, lengthBytes: lengthBytes)
    case .peekExport, nil: return .skip(then: .refuse(.unsupported))
    }
  }

  /// For options whose data is needed.
  func planCollected(_ option: CollectedOption, lengthBytes: UInt32) -> OptionPlan {
    lengthBytes <= NBDLimits.optionDataBytesMax
      ? .collect(option) : .skip(then: .refuse(.tooBig))
  }

  /// For options that take no data; nil when there is none.
  func refusalOfData(lengthBytes: UInt32) -> OptionRefusal? {
    if lengthBytes == 0 { return nil }
    return lengthBytes <= NBDLimits.optionDataBytesMax ? .unexpectedData : .tooBig
  }

  func refuse(
    _ refusal: OptionRefusal, _ reply: OptionReply, _ output: inout [UInt8]
  ) -> NegotiationState {
    reply.refuse(refusal, into: &output)
    return .needMore
  }

  /// The place of the export with this name in UTF-8; the empty name stands for the default.
  ///
  /// Bytes are compared rather than strings: two spellings of one accented letter are equal as
  /// strings, but are different names on the wire.
  func exportIndex(named name: some Collection<UInt8>) -> Int? {
    if name.isEmpty { return defaultExport }
    return exports.firstIndex { $0.name.utf8.elementsEqual(name) }
  }
}
