internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Label
internal import Reactor

/// A look at everything without a daemon, by the daemon's own parts: what is a candidate, what a look shows, what is made
/// of it.
enum Scan {
  private enum Answer: Sendable {
    case listed([String])
    case looked(Int, Result<MediumLook, OpenFailure>)
  }

  /// - Parameter paths: What to look at; nil for every candidate.
  static func run(_ paths: [String]?, _ rule: TasteRule) -> ScanReport {
    let names = paths ?? list(rule)
    let looks = look(names)
    var refused: [PathRemark] = []
    var unread: [PathRemark] = []
    var seen: Set<PathIdentity> = []
    var found: [TastePlan.Found] = []
    var disks: [LabelUUID: [DiskName]] = [:]
    var media: [String: MediumLook] = [:]
    let order = names.indices.sorted { TastePlan.inOrder(names[$0], names[$1]) }
    for index in order {
      let name = names[index]
      switch looks[index] {
      case nil: unread.append(PathRemark(path: name, reason: "it does not answer"))
      case .failure(let failure):
        unread.append(PathRemark(path: name, reason: failure.error(path: name, owner: nil).message))
      case .success(let look):
        if let identity = look.identity, !seen.insert(identity).inserted { continue }
        switch look.verdict {
        case .unlabelled: break
        case .refused(let refusal):
          refused.append(PathRemark(path: name, reason: refusal.message))
        case .labelled(let record, let sectorBytes):
          let known = disks[record.uuid, default: []]
          if let remark = look.copyRemark(of: record.name.text, besides: known) {
            refused.append(remark)
            continue
          }
          if let disk = look.diskName { disks[record.uuid, default: []].append(disk) }
          found.append(TastePlan.Found(path: name, record: record, sectorBytes: sectorBytes))
          media[name] = look
        }
      }
    }
    let steps = TastePlan.steps(found, running: []) { (try? DeviceName($0)) != nil }
    let devices = steps.compactMap { device($0, media, &refused) }
    return ScanReport(devices: devices, refused: refused, unread: unread)
  }

  /// What would be made; nil, with a remark, when the label leaves nothing to serve.
  private static func device(
    _ step: TastePlan.Step, _ media: [String: MediumLook], _ refused: inout [PathRemark]
  ) -> ScanReport.Device? {
    guard case .create(let name, let all) = step else { return nil }
    var served: Geometry?
    var medium: Geometry?
    var paths: [String] = []
    for one in all {
      guard let look = media[one.path],
        let geometry = Geometry(sizeBytes: look.sizeBytes, blockBytes: look.blockBytes),
        medium == nil || medium == geometry
      else {
        refused.append(PathRemark(path: one.path, reason: "its size does not fit the device"))
        continue
      }
      medium = geometry
      served =
        served
        ?? DeviceLabel(record: one.record, sectorBytes: one.sectorBytes).served(of: geometry)
      paths.append(one.path)
    }
    guard let first = all.first, let served, !paths.isEmpty else {
      refused.append(PathRemark(path: name, reason: "its label leaves nothing to serve"))
      return nil
    }
    return ScanReport.Device(
      name: name, uuid: first.record.uuid.text, mode: first.record.mode.deviceMode,
      sizeBytes: served.sizeBytes, paths: paths)
  }

  // MARK: On threads that may hang

  private static func list(_ rule: TasteRule) -> [String] {
    let inbox = Mailbox<Answer>()
    var left = 0
    for source in rule.sources {
      let isStarted = HelperThreads.start("mpath-list") { inbox.post(.listed(source.paths())) }
      if isStarted { left += 1 }
    }
    var names: Set<String> = []
    let end = ReactorThread.clock() + DaemonLimits.lookPatience
    while left > 0, ReactorThread.clock() < end {
      for case .listed(let listed) in next(inbox) {
        left -= 1
        names.formUnion(listed)
      }
    }
    return names.filter { !rule.isDenied($0) }.sorted()
  }

  /// By place in `names`; nil for what does not answer.
  private static func look(_ names: [String]) -> [Result<MediumLook, OpenFailure>?] {
    let inbox = Mailbox<Answer>()
    var looks = [Result<MediumLook, OpenFailure>?](repeating: nil, count: names.count)
    /// When the latest looks were begun; those that are older than the grace do not count any more.
    var begun: [(place: Int, at: Instant)] = []
    var started = 0
    var answered = 0
    var lastBegun = ReactorThread.clock()
    while answered < started || started < names.count {
      let now = ReactorThread.clock()
      begun.removeAll { !(now < $0.at + DaemonLimits.lookGrace) || looks[$0.place] != nil }
      while begun.count < DaemonLimits.looks, started < names.count,
        started - answered < DaemonLimits.looksMax
      {
        let (place, name) = (started, names[started])
        let isStarted = HelperThreads.start("mpath-taste") {
          inbox.post(.looked(place, LabelWork.look(name, evenIfHeld: false)))
        }
        if isStarted { begun.append((place, now)) } else { answered += 1 }
        started += 1
        lastBegun = now
      }
      for case .looked(let place, let look) in next(inbox) {
        looks[place] = look
        answered += 1
      }
      if !(ReactorThread.clock() < lastBegun + DaemonLimits.lookPatience) { break }
    }
    return looks
  }

  /// What has come, after a short wait if nothing has.
  private static func next(_ inbox: Mailbox<Answer>) -> [Answer] {
    var waiting = pollfd(fd: inbox.eventDescriptor, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&waiting, 1, 20)
    _ = mp_event_drain(inbox.eventDescriptor)
    return inbox.takeAll()
  }
}
