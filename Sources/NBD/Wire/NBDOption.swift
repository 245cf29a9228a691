/// What a client may ask for during the handshake.
public enum NBDOption: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case exportName = 1
  case abort = 2
  case list = 3
  /// Withdrawn from the protocol; the number stays taken.
  case peekExport = 4
  case startTLS = 5
  case info = 6
  case go = 7
  case structuredReply = 8
  case listMetaContext = 9
  case setMetaContext = 10
  case extendedHeaders = 11

  /// Structured replies, and what needs them.
  var isAboutChunks: Bool {
    switch self {
    case .structuredReply, .listMetaContext, .setMetaContext, .extendedHeaders: true
    case .exportName, .abort, .list, .peekExport, .startTLS, .info, .go: false
    }
  }
}
