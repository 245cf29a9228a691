internal import BlockIO
internal import CLinux
internal import Control
internal import Label

/// What the daemon has to remember about looking for labels. One look goes on at a time, so that one medium
/// is never taken twice; what comes meanwhile waits.
final class Taster {
  let rule: TasteRule
  /// Where the kernel tells what has come; negative when it cannot be heard, and then only `rescan` finds
  /// what has come.
  let uevents: Int32
  var isBusy = false
  /// Those who wait for a look at everything.
  var rescans: [(RescanMethod.Result) -> Void] = []
  /// Paths that have come, in the order in which they did.
  var arrivals: [String] = []
  var isCollecting = false

  init(rule: TasteRule) {
    self.rule = rule
    uevents = mp_uevent_open()
  }
}
