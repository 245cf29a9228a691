/// What a client may want to know about an export in INFO and GO.
public enum InfoType: UInt16, Sendable, CaseIterable, BitwiseCopyable {
  /// Size and transmission flags; sent always.
  case export = 0
  case name = 1
  case description = 2
  case blockSize = 3
}
