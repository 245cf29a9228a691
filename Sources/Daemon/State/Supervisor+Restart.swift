internal import BlockIO
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import Reactor

/// Bringing the devices of the state file back at start. A path that is missing or wrong does not keep its
/// device from serving: it waits, LOST, until it proves right.
extension Supervisor {
  func restoreDevices(_ done: @escaping () -> Void) {
    var left = remembered.count
    if left == 0 { return done() }
    for specification in remembered {
      let over: () -> Void = {
        left -= 1
        if left == 0 { done() }
      }
      guard let wait = quietTime(left: specification) else {
        restore(specification, over)
        continue
      }
      log.warning(
        "waiting until nothing that a killed mpathd has sent to servers can happen any more",
        metadata: ["device": "\(specification.name)", "milliseconds": "\(wait.milliseconds)"])
      timers.after(wait) { [self] in restore(specification, over) }
    }
  }

  /// How long servers may still carry out changes that a killed daemon had sent them. Its clients repeat what was
  /// not answered, and the old copy must not land on something newer then.
  private func quietTime(left specification: DeviceSpecification) -> Interval? {
    guard let since = changesLeftAt,
      specification.paths.contains(where: { NetworkPath.isMeant(by: $0.path) }),
      let (settings, _) = try? specification.currentSettings()
    else { return nil }
    let quiet = Interval.seconds(settings.quiesceSeconds)
    let gone = ReactorThread.clock() - since
    return gone < quiet ? Interval(nanoseconds: quiet.nanoseconds - gone.nanoseconds) : nil
  }

  private func restore(_ specification: DeviceSpecification, _ done: @escaping () -> Void) {
    if let label = specification.label { return restoreLabelled(specification, label, done) }
    guard let name = try? DeviceName(specification.name),
      let geometry = Geometry(
        sizeBytes: specification.sizeBytes, blockBytes: specification.blockBytes)
    else { return done() }
    let (settings, each): (DeviceSettings, [PathSettings])
    do throws(ControlError) {
      (settings, each) = try specification.currentSettings()
    } catch {
      log.error("device not restored: \(error.message)", metadata: ["device": "\(name.text)"])
      return done()
    }
    for key in specification.unknownSettings {
      log.warning(
        "a setting of a newer mpathd is passed over",
        metadata: ["device": "\(name.text)", "setting": "\(PrintableText.escaped(key))"])
    }
    let paths = specification.paths.map { $0.path }
    let manners = each.map {
      OpeningManner($0, buffered: specification.options.io == .buffered, busyTries: 200)
    }
    open(paths, manners) { [self] results in
      let geometry = Self.grown(geometry, results)
      admit(specification, geometry, results) { [self] entries, lost in
        var entries = entries
        for index in entries.indices { entries[index].settings = each[index] }
        let preferred = entries.first { $0.path == specification.preferred }?.id
        serve(
          name, settings, geometry, specification.options, entries, lost: lost,
          preferred: preferred, cache: specification.cache
        ) { [self, entries] outcome in
          finishRestore(name, outcome, entries)
          if let kernel = specification.kernel, case .success(let device) = outcome {
            restoreKernelLink(kernel, of: device)
          }
          done()
        }
      }
    }
  }

  /// The size of a device whose medium has grown while no daemon ran: that of all the paths that are there.
  static func grown(
    _ geometry: Geometry, _ results: [Result<OpenedPath, OpenFailure>]
  ) -> Geometry {
    let sizes = Set(results.compactMap { try? $0.get().sizeBytes })
    guard sizes.count == 1, let size = sizes.first, size > geometry.sizeBytes else {
      return geometry
    }
    return Geometry(sizeBytes: size, blockBytes: geometry.blockBytes) ?? geometry
  }

  func finishRestore(
    _ name: DeviceName, _ outcome: Result<DeviceEntry, ControlError>, _ entries: [PathEntry]
  ) {
    switch outcome {
    case .failure(let error):
      log.error("device not restored: \(error.message)", metadata: ["device": "\(name.text)"])
      for entry in entries { PathOpener.close(entry.access) }
    case .success(let device):
      let missing = device.paths.filter { !$0.isOpen }
      device.hasHadPath = missing.count < device.paths.count
      log.info(
        "device restored",
        metadata: [
          "device": "\(name.text)", "paths": "\(device.paths.count)",
          "missing": "\(missing.count)",
        ])
      restoreExports(of: device)
      for entry in missing { reopenLater(entry.id, of: device) }
    }
  }

  /// Sorts opened paths into those that are right and those that are not: the right size, and the same
  /// samples as the first path that is.
  private func admit(
    _ specification: DeviceSpecification, _ geometry: Geometry,
    _ results: [Result<OpenedPath, OpenFailure>],
    _ done: @escaping ([PathEntry], [UInt32: FaultCause]) -> Void
  ) {
    var entries: [PathEntry] = []
    var lost: [UInt32: FaultCause] = [:]
    for (path, result) in zip(specification.paths, results) {
      var entry = PathEntry(id: newID(), path: path.path, isHeld: path.held)
      if let opened = usable(path.path, result, geometry, &entry, &lost) { entry.take(opened) }
      entries.append(entry)
    }
    let chosen =
      entries.firstIndex { $0.isOpen && $0.network == nil } ?? entries.firstIndex { $0.isOpen }
    guard let chosen else { return done(entries, lost) }
    admitNext(0, chosen, specification.name, geometry, entries, lost, done)
  }

  /// One after the other, since a connection cannot be read by two threads at once.
  private func admitNext(
    _ index: Int, _ chosen: Int, _ name: String, _ geometry: Geometry, _ entries: [PathEntry],
    _ lost: [UInt32: FaultCause], _ done: @escaping ([PathEntry], [UInt32: FaultCause]) -> Void
  ) {
    guard index < entries.count else { return done(entries, lost) }
    guard index != chosen, let source = entries[index].access.source else {
      return admitNext(index + 1, chosen, name, geometry, entries, lost, done)
    }
    let medium = Medium(geometry: geometry, label: nil)
    compareOne(source, entries[chosen].access.source, medium) { [self] verdict in
      var entries = entries
      var lost = lost
      if let error = error(verdict, path: entries[index].path, sibling: name) {
        PathOpener.close(entries[index].access)
        entries[index].access = .absent
        reject(&entries[index], error.message, &lost)
      }
      admitNext(index + 1, chosen, name, geometry, entries, lost, done)
    }
  }

  func usable(
    _ path: String, _ result: Result<OpenedPath, OpenFailure>, _ geometry: Geometry,
    _ entry: inout PathEntry, _ lost: inout [UInt32: FaultCause]
  ) -> OpenedPath? {
    do throws(ControlError) {
      _ = try judge(
        [path], [result], expected: (geometry, "the device"), allowDuplicate: true)
      if case .success(let opened) = result { return opened }
    } catch {
      if case .success(let opened) = result { PathOpener.close(opened.access) }
      reject(&entry, error.message, &lost)
    }
    return nil
  }

  func reject(
    _ entry: inout PathEntry, _ remark: String, _ lost: inout [UInt32: FaultCause]
  ) {
    entry.remark = remark
    entry.isGood = false
    lost[entry.id] = FaultCause(errno: ENODEV, operation: .read, offset: 0)
    log.warning("path not in service: \(remark)", metadata: ["path": "\(entry.path)"])
  }
}
