/// How the device of a label spreads requests over its paths, as the label's last byte says it.
///
/// FreeBSD takes any other value for active/active when it chooses a path and shows it as passive; a byte
/// that can be taken two ways is not taken at all here.
package enum LabelMode: UInt8, CaseIterable, Hashable, Sendable {
  case activePassive = 0
  case activeActive = 1
  case activeRead = 2
}
