internal import CLinux
internal import Control
internal import Registry

/// What the daemon has to remember about looking for labels. One look goes on at a time, so that one medium
/// is never taken twice; what comes meanwhile waits.
final class Taster {
  /// Somebody who waits for a look at everything.
  struct Rescan {
    let isDry: Bool
    /// Devices that were stopped come back as well; the daemon's own looks leave them alone.
    let isByOperator: Bool
    let done: (Result<RescanMethod.Result, ControlError>) -> Void
  }

  var rule: TasteRule
  /// Where the kernel tells what has come; negative when it cannot be heard, and then only `rescan` finds
  /// what has come.
  let uevents: Int32
  /// Where file systems tell what has come to the folders of candidates, and which of their files have another size;
  /// negative when there is none.
  let folders: Int32
  /// By the kernel's number of the watch.
  var watched: [Int32: String] = [:]
  /// Folders whose watch is being made, or is made.
  var wantedFolders: Set<String> = []
  var isBusy = false
  var rescans: [Rescan] = []
  /// Paths that have come, in the order in which they did.
  var arrivals: [String] = []
  var isArriving: Set<String> = []
  /// Those of them that were not there before.
  var areNew: Set<String> = []
  var isCollecting = false
  /// Every candidate, always.
  var candidates = CandidateTable()
  /// Paths at which a thread looks, some of which may never answer.
  var looking: Set<String> = []

  init(rule: TasteRule, hearsEvents: Bool) {
    self.rule = rule
    uevents = hearsEvents ? mp_uevent_open() : -1
    folders = hearsEvents ? mp_watch_open() : -1
  }

  func forgetArrivals() {
    arrivals = []
    isArriving = []
    areNew = []
  }
}
