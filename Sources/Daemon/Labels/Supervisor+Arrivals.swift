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
    var isFromUdev = false
    while true {
      let length = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe mp_uevent_next(
          taster.uevents, bytes.baseAddress, UInt32(bytes.count), &isFromUdev)
      }
      if length == 0 { return }
      guard length > 0 else {
        log.warning("the kernel's events came too fast: looking at everything")
        return rescanEverything { _ in }
      }
      guard let event = Uevent(buffer[..<Int(length)]) else { continue }
      if isFromUdev { settled(event) } else { heard(event) }
    }
  }

  private func heard(_ event: Uevent) {
    if let path = event.departedPath { return departed(path, event.number) }
    guard let path = event.arrivedPath else { return }
    arrived(path)
    lookForLinks()
    // One in service may have another size.
    guard let number = event.number else { return }
    for device in owners.devices(with: .block(device: number)) { watchSize(of: device) }
  }

  /// A path that may show something else than before.
  ///
  /// - Parameter isNew: It was not there before, rather than closed by somebody who may have written to it.
  func arrived(_ path: String, isNew: Bool = true) {
    for device in owners.devices(named: path) {
      for entry in device.paths where entry.path == path && !entry.isOpen {
        // It need not wait for its next turn.
        reopen(entry.id, of: device) { _ in }
      }
    }
    guard taster.rule.accepts(path) else { return }
    if isNew { taster.areNew.insert(path) }
    guard taster.isArriving.insert(path).inserted else { return }
    taster.arrivals.append(path)
    guard !taster.isCollecting else { return }
    taster.isCollecting = true
    timers.after(DaemonLimits.arrivalWait) { [self] in
      taster.isCollecting = false
      tasteNext()
    }
  }

  /// Devices whose media are there when the daemon starts are there when it is ready, unless a medium hangs.
  func tasteAtStart(_ ready: @escaping () -> Void) {
    if options.hearsEvents, taster.uevents < 0 {
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
      // Looking at everything took much that is not needed now.
      if !HelperThreads.start("mpath-trim", { mp_trim_memory() }) { mp_trim_memory() }
    }
  }

  func rescanEverything(
    isDry: Bool = false, isByOperator: Bool = false,
    _ done: @escaping (Result<RescanMethod.Result, ControlError>) -> Void
  ) {
    taster.rescans.append(
      Taster.Rescan(isDry: isDry, isByOperator: isByOperator, done: done))
    tasteNext()
  }

  /// Begins the next look, if one is wanted and none goes on.
  func tasteNext() {
    guard !taster.isBusy else { return }
    if let first = taster.rescans.first {
      let waiting = taster.rescans.filter { $0.isDry == first.isDry }
      taster.rescans.removeAll { $0.isDry == first.isDry }
      let besides = waiting.contains { $0.isByOperator } ? pathsOfStoppedLabels() : []
      taster.isBusy = true
      look(isDry: first.isDry, besides: besides) { [self] outcome in
        for one in waiting { one.done(outcome) }
        endTaste()
      }
    } else if !taster.arrivals.isEmpty, !taster.isCollecting {
      taster.isBusy = true
      let names = tasteableArrivals().sorted(by: TastePlan.inOrder)
      taster.forgetArrivals()
      taste(names) { [self] _ in endTaste() }
    }
  }

  /// What has come, without what is ours: a device that was stopped would be back at once, since its own closing of its
  /// paths is heard like a stranger's.
  private func tasteableArrivals() -> [String] {
    let paths = Set(stopped.flatMap { $0.paths.map { $0.path } })
    return taster.arrivals.filter { path in
      if owners.devices(named: path).contains(where: { $0.isBeingDestroyed }) { return false }
      return !paths.contains(path) || taster.areNew.contains(path)
    }
  }

  private func endTaste() {
    taster.isBusy = false
    tasteNext()
  }
}
