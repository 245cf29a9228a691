internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Reactor

/// Paths that come by themselves.
extension Supervisor {
  /// Longer than any message of the kernel (UEVENT_BUFFER_SIZE and the device's path).
  private static let ueventBytes = 16 << 10

  func readUevents() {
    var buffer = [UInt8](repeating: 0, count: Self.ueventBytes)
    while true {
      let length = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe mp_uevent_next(taster.uevents, bytes.baseAddress, UInt32(bytes.count))
      }
      if length == 0 { return }
      guard length > 0 else {
        log.warning("the kernel's events came too fast: looking at everything")
        return rescanEverything { _ in }
      }
      guard let event = Uevent(buffer[..<Int(length)]) else { continue }
      if let path = event.arrivedPath { arrived(path) }
      if let number = event.departedNumber { blockDeviceDeparted(number) }
    }
  }

  private func arrived(_ path: String) {
    for device in devices {
      for entry in device.paths where entry.path == path && !entry.isOpen {
        // It need not wait for its next turn.
        reopen(entry.id, of: device) { _ in }
      }
    }
    lookForLinks()
    guard taster.rule.accepts(path), !taster.arrivals.contains(path) else { return }
    taster.arrivals.append(path)
    guard !taster.isCollecting else { return }
    taster.isCollecting = true
    timers.after(DaemonLimits.arrivalWait) { [self] in
      taster.isCollecting = false
      tasteNext()
    }
  }

  // MARK: Rescan

  func rescan(_ params: NoParams, _ respond: @escaping Respond<RescanMethod>) {
    rescanEverything { result in respond(.success(result)) }
  }

  /// Devices whose media are there when the daemon starts are there when it is ready, unless a medium hangs.
  func tasteAtStart(_ ready: @escaping () -> Void) {
    if taster.uevents < 0 {
      log.warning(
        "the kernel's events cannot be heard; mpctl rescan finds what has come",
        metadata: ["error": "\(ErrnoText.sentence(-taster.uevents))"])
    }
    var isReady = false
    let readyOnce = {
      if !isReady {
        isReady = true
        ready()
      }
    }
    let timer = timers.after(DaemonLimits.firstTastePatience) { [self] in
      log.warning("a medium does not answer: looking for labels goes on")
      readyOnce()
    }
    rescanEverything { [self] _ in
      timers.cancel(timer)
      readyOnce()
    }
  }

  private func rescanEverything(_ done: @escaping (RescanMethod.Result) -> Void) {
    taster.rescans.append(done)
    tasteNext()
  }

  /// Begins the next look, if one is wanted and none goes on.
  private func tasteNext() {
    guard !taster.isBusy else { return }
    let waiting = taster.rescans
    if !waiting.isEmpty {
      taster.isBusy = true
      taster.rescans = []
      taster.arrivals = []
      reopenLostPaths()
      let rule = taster.rule
      elsewhere("mpath-scan", { .candidates(rule.candidates()) }) { [self] answer in
        var names: [String] = []
        if case .candidates(let found) = answer { names = found }
        taste(names) { [self] result in
          for done in waiting { done(result) }
          endTaste()
        }
      }
    } else if !taster.arrivals.isEmpty, !taster.isCollecting {
      taster.isBusy = true
      let names = taster.arrivals
      taster.arrivals = []
      taste(names) { [self] _ in endTaste() }
    }
  }

  private func endTaste() {
    taster.isBusy = false
    tasteNext()
  }

  private func reopenLostPaths() {
    for device in devices where !device.isBeingDestroyed {
      for entry in device.paths where !entry.isOpen {
        reopen(entry.id, of: device) { _ in }
      }
    }
  }
}
