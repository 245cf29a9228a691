internal import BlockIO
internal import Control
internal import Logging
internal import Reactor

/// A medium that grows or shrinks under a device in use.
///
/// The device has the size of the smallest of its paths. It grows by itself when the last of them has grown
/// (gmultipath's rule). When one shrinks, gmultipath shrinks or destroys the device: here nothing is
/// given up, what reaches beyond the new end is refused, and an operator decides.
extension Supervisor {
  /// Where events can be heard, they tell of another size; only what nobody tells of is asked now and then: files on
  /// file systems that others may change (FUSE, network file systems), and everything where no events are heard.
  func watchSizes() {
    timers.after(DaemonLimits.sizeWatch) { [self] in
      askSizes(of: unheardPaths()) { [self] in watchSizes() }
    }
  }

  /// Paths of whose size nobody tells. Of one that is out of service it does not matter until it is back.
  private func unheardPaths() -> [(device: UInt32, path: UInt32, descriptor: Int32)] {
    let hearsDisks = taster.uevents >= 0
    let hearsFiles = taster.folders >= 0
    var unheard: [(device: UInt32, path: UInt32, descriptor: Int32)] = []
    for device in devices where !device.isBeingDestroyed && !device.isMeasuring {
      for place in device.paths.indices {
        guard device.paths[place].isGood,
          case .file(let descriptor, let isRemote, let isBlock) = device.paths[place].access,
          isBlock ? !hearsDisks : isRemote || !hearsFiles,
          !beingSized.contains(device.paths[place].id)
        else { continue }
        unheard.append((device.id, device.paths[place].id, descriptor))
      }
    }
    return unheard
  }

  /// Asks them a few at a time; a device of which one has another size than before is measured.
  private func askSizes(
    of paths: [(device: UInt32, path: UInt32, descriptor: Int32)], _ done: @escaping () -> Void
  ) {
    inCrowd(
      paths.count,
      { [self] index, ended in
        let (id, path, descriptor) = paths[index]
        // It may have been closed, and its number be another's.
        guard let device = owners.device(id), let place = device.index(ofPath: path),
          device.paths[place].access.descriptors == [descriptor]
        else { return ended() }
        beingSized.insert(path)
        let ticket = openTicket { [self] answer in
          beingSized.remove(path)
          if case .compared(.resized(let size)) = answer, let place = device.index(ofPath: path),
            size != device.paths[place].sizeBytes ?? device.medium.geometry.sizeBytes
          {
            watchSize(of: device)
          }
          ended()
        }
        let inbox = inbox
        SizeReading.start(descriptor) { verdict in
          inbox.post(.answer(ticket: ticket, .compared(verdict)))
        }
      }, done)
  }

  /// Asks the paths for their size, since one may have another now.
  func watchSize(of device: DeviceEntry) {
    guard !device.isBeingDestroyed else { return }
    guard !device.isMeasuring else {
      device.mustMeasureAgain = true
      return
    }
    measure(device) { [self] in
      judgeSize(device) { _ in }
      guard device.mustMeasureAgain else { return }
      device.mustMeasureAgain = false
      watchSize(of: device)
    }
  }

  func resize(_ params: ResizeMethod.Params, _ respond: @escaping Respond<ResizeMethod>) {
    change(params.name, respond) { [self] device, _, finish in
      measure(device) { [self] in
        judgeSize(device, isAsked: true) { [self] error in
          if let error { return finish(.failure(error)) }
          guard params.shrink == true, let usable = device.usableBytes else {
            return finish(answer(about: device))
          }
          shrink(device, to: usable, finish)
        }
      }
    }
  }

  private func shrink(
    _ device: DeviceEntry, to usable: UInt64, _ finish: @escaping Respond<ResizeMethod>
  ) {
    let answer: (ControlError?) -> Void = { error in
      device.isShrinking = false
      if let error { return finish(.failure(error)) }
      finish(
        .success(ResizeMethod.Result(sizeBytes: device.geometry.sizeBytes, warning: nil)))
    }
    device.isShrinking = true
    guard let label = device.label else { return resize(device, to: usable, answer) }
    // The sector that the label is to have is no longer the users', and nothing that they have sent before
    // may come after the label.
    let served = usable - min(usable, UInt64(label.sectorBytes))
    device.usableBytes = served
    let undo: (ControlError) -> Void = { [self] error in
      device.usableBytes = usable
      tellSize(of: device) { _ in answer(error) }
    }
    tellSize(of: device) { [self] error in
      if let error { return undo(error) }
      awaitRest(beyond: served, of: device) { [self] error in
        if let error { return undo(error) }
        moveLabel(of: device, to: usable) { error in
          if let error { undo(error) } else { answer(nil) }
        }
      }
    }
  }

  /// Waits until no change of what lies beyond `end` is under way.
  private func awaitRest(
    beyond end: UInt64, of device: DeviceEntry, triesLeft: Int = DaemonLimits.shrinkTries,
    _ done: @escaping (ControlError?) -> Void
  ) {
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      if case .done = answer { return done(nil) }
      guard case .refused(.changesUnderWay) = answer else {
        return done(error(answer, while: "being resized"))
      }
      guard triesLeft > 1 else {
        let name = device.name.text
        return done(
          ControlError(
            .busy,
            "a change of what is to be the label's sector of \(name) has not been answered",
            hint: "mpctl status \(name) shows which path does not answer; try again when it has"))
      }
      timers.after(DaemonLimits.shrinkWait) { [self] in
        awaitRest(beyond: end, of: device, triesLeft: triesLeft - 1, done)
      }
    }
    post(.drain(ticket: ticket, device: device.id, beyond: end), to: device)
  }

  /// Gives the device another size, and remembers it.
  func resize(
    _ device: DeviceEntry, to sizeBytes: UInt64, _ done: @escaping (ControlError?) -> Void
  ) {
    setSize(sizeBytes, of: device) { [self] error in
      if let error { return done(error) }
      save { [self] warning in
        if let warning { log.warning("\(warning)", metadata: ["device": "\(device.name.text)"]) }
        done(nil)
      }
    }
  }

  private func answer(about device: DeviceEntry) -> Result<ResizeMethod.Result, ControlError> {
    if let usable = device.usableBytes {
      return .failure(
        ControlError(
          .refused,
          "the medium of \(device.name.text) has shrunk to \(usable) bytes, and the device has "
            + "\(device.geometry.sizeBytes)",
          hint: "grow it back, or say --shrink to give up what is beyond its end"))
    }
    return .success(ResizeMethod.Result(sizeBytes: device.geometry.sizeBytes, warning: nil))
  }

  // MARK: Measuring

  /// Asks every path that is a file or block device for its size; one that does not answer keeps the old.
  ///
  /// What is being found out already may be older than what the caller knows, so it is asked again after that.
  private func measure(_ device: DeviceEntry, _ done: @escaping () -> Void) {
    guard !device.isMeasuring else {
      device.afterMeasuring.append { [self] in measure(device, done) }
      return
    }
    let asked = device.paths.compactMap { path -> (id: UInt32, descriptor: Int32)? in
      guard case .file(let descriptor, _, _) = path.access, !path.isMeasuring else { return nil }
      return (path.id, descriptor)
    }
    guard !asked.isEmpty else { return done() }
    device.isMeasuring = true
    var left = asked.count
    for (path, descriptor) in asked {
      setMeasuring(true, path, device)
      let note: (Answer) -> Void = { [self] answer in
        if case .compared(.resized(let size)) = answer { noteSize(size, path, device) }
        if case .compared = answer { setMeasuring(false, path, device) }
      }
      let ticket = ticket(patience: DaemonLimits.pathPatience, late: note) { answer in
        note(answer)
        left -= 1
        guard left == 0 else { return }
        device.isMeasuring = false
        let next = device.afterMeasuring
        device.afterMeasuring = []
        done()
        for measureAgain in next { measureAgain() }
      }
      let inbox = inbox
      SizeReading.start(descriptor) { verdict in
        inbox.post(.answer(ticket: ticket, .compared(verdict)))
      }
    }
  }

  /// Another question would only wait behind the same trouble.
  private func setMeasuring(_ isMeasuring: Bool, _ path: UInt32, _ device: DeviceEntry) {
    guard let index = device.index(ofPath: path) else { return }
    device.paths[index].isMeasuring = isMeasuring
  }

  func noteSize(_ sizeBytes: UInt64, _ path: UInt32, _ device: DeviceEntry) {
    guard let index = device.index(ofPath: path) else { return }
    // A block device without a size has been taken away, which its attempts will show; the medium has not
    // shrunk.
    guard sizeBytes > 0 || !device.paths[index].isBlockDevice else {
      return takenAway(path, of: device)
    }
    device.paths[index].sizeBytes = sizeBytes
  }

  // MARK: Judging

  /// Makes the device follow its paths, if they have another size than it has.
  ///
  /// - Parameter isAsked: An operator wishes it, and other changes of the device wait for that.
  func judgeSize(
    _ device: DeviceEntry, isAsked: Bool = false, _ done: @escaping (ControlError?) -> Void
  ) {
    guard !device.isBeingDestroyed, !device.isShrinking else { return done(nil) }
    let whole = device.medium.geometry.sizeBytes
    let block = UInt64(device.geometry.blockBytes)
    // What is gone or shows another medium has no say; one that an operator holds is still a way to it.
    let sizes = device.paths.filter { $0.isOpen && !$0.isForeign }.map { $0.sizeBytes ?? whole }
    guard let smallest = sizes.min() else { return done(nil) }
    let usable = smallest / block * block
    if usable <= whole { device.refusedGrowth = nil }
    if usable < whole {
      limit(device, to: usable, done)
    } else if device.usableBytes != nil {
      limit(device, to: nil) { [self] error in
        if let error { return done(error) }
        // It may have grown beyond what it was.
        judgeSize(device, isAsked: isAsked, done)
      }
    } else if usable > whole {
      grow(device, to: usable, isAsked: isAsked, done)
    } else {
      done(nil)
    }
  }

  /// By itself a device tries it once for each size, and in its turn: an operator's change may concern its
  /// label too.
  private func grow(
    _ device: DeviceEntry, to whole: UInt64, isAsked: Bool,
    _ done: @escaping (ControlError?) -> Void
  ) {
    let noted: (ControlError?) -> Void = { error in
      device.refusedGrowth = error.map {
        GrowthFacts(
          mediumBytes: whole, triedAt: WallClock.milliseconds(at: ReactorThread.clock()),
          reason: $0.message, hint: $0.hint)
      }
      done(error)
    }
    guard device.label != nil else { return resize(device, to: whole, noted) }
    if isAsked { return moveLabel(of: device, to: whole, noted) }
    guard device.refusedBytes != whole else { return done(nil) }
    device.refusedBytes = whole
    done(nil)
    let heard: (Result<Void, ControlError>) -> Void = { _ in }
    change(device.name.text, heard) { [self] device, _, finish in
      judgeSize(device, isAsked: true) { _ in finish(.success(())) }
    }
  }

  /// Refuses what reaches beyond `usable`; nil for nothing any more.
  private func limit(
    _ device: DeviceEntry, to usable: UInt64?, _ done: @escaping (ControlError?) -> Void
  ) {
    guard device.usableBytes != usable else { return done(nil) }
    let whole = device.medium.geometry.sizeBytes
    let before = device.usableBytes
    device.usableBytes = usable
    tellSize(of: device) { [self] error in
      if let error {
        device.usableBytes = before
        return done(error)
      }
      let about: Logger.Metadata = ["device": "\(device.name.text)"]
      if let usable {
        log.error("the medium has shrunk from \(whole) to \(usable) bytes", metadata: about)
        record(.mediumShrunk, device) { $0.cause = "\(usable) bytes of \(whole) are left" }
      } else {
        log.info("the medium has its size again", metadata: about)
        record(.mediumRegrown, device) { $0.cause = "all \(whole) bytes are there again" }
      }
      done(nil)
    }
  }

  private func setSize(
    _ sizeBytes: UInt64, of device: DeviceEntry, _ done: @escaping (ControlError?) -> Void
  ) {
    let before = (device.geometry, device.usableBytes)
    guard
      let geometry = Geometry(sizeBytes: sizeBytes, blockBytes: device.geometry.blockBytes),
      sizeBytes > 0
    else {
      return done(
        ControlError(
          .refused, "\(device.name.text) cannot have \(sizeBytes) bytes",
          hint: "mpctl destroy \(device.name.text) ends it"))
    }
    device.geometry = geometry
    device.usableBytes = nil
    tellSize(of: device) { [self] error in
      if let error {
        (device.geometry, device.usableBytes) = before
        return done(error)
      }
      log.info(
        "device resized",
        metadata: [
          "device": "\(device.name.text)", "from": "\(before.0.sizeBytes)", "to": "\(sizeBytes)",
        ])
      resizeKernelDevice(device)
      record(.deviceResized, device) { $0.cause = "\(before.0.sizeBytes) to \(sizeBytes) bytes" }
      done(nil)
    }
  }

  private func tellSize(
    of device: DeviceEntry, _ done: @escaping (ControlError?) -> Void
  ) {
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      guard case .done = answer else { return done(error(answer, while: "being resized")) }
      done(nil)
    }
    let usable = min(device.geometry.sizeBytes, device.usableBytes ?? device.geometry.sizeBytes)
    post(
      .resize(
        ticket: ticket, device: device.id, Self.export(device),
        usableBytes: usable), to: device)
  }

  // MARK: Paths that return with another size

  /// Compares an open path with its siblings; another size than the device's is noted, and for the comparison
  /// it is taken as it is.
  func compareResized(
    _ entry: PathEntry, _ source: MediumSource, _ device: DeviceEntry,
    _ done: @escaping (MediumComparison.Verdict) -> Void
  ) {
    let reference = device.reference(besides: entry.id)
    compareOne(source, reference, device.medium) { [self] verdict in
      guard case .resized(let size) = verdict, entry.network == nil,
        let geometry = Geometry(sizeBytes: size, blockBytes: device.geometry.blockBytes), size > 0
      else { return done(verdict) }
      let medium = device.medium
      guard medium.label == nil || size > medium.geometry.sizeBytes else {
        // The label was at the end that is gone: only a sibling can tell.
        guard reference != nil else { return done(verdict) }
        noteSize(size, entry.id, device)
        return compareOne(source, reference, Medium(geometry: geometry, label: nil), done)
      }
      noteSize(size, entry.id, device)
      judgeSize(device) { [self] _ in
        let expected =
          medium.label == nil
          ? Medium(geometry: geometry, label: nil) : device.medium.grown(to: size)
        compareOne(source, reference, expected, done)
      }
    }
  }
}
