/// How a server answers an option; bit 31 marks an error, whose data is a message for people.
public enum OptionReplyType: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case acknowledge = 1
  case server = 2
  case info = 3
  case metaContext = 4
  case unsupported = 0x8000_0001
  case policy = 0x8000_0002
  case invalid = 0x8000_0003
  case platform = 0x8000_0004
  case tlsRequired = 0x8000_0005
  case unknownExport = 0x8000_0006
  case shutdown = 0x8000_0007
  case blockSizeRequired = 0x8000_0008
  case tooBig = 0x8000_0009
  case extendedHeadersRequired = 0x8000_000a
}
