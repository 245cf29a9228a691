internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Multipath
internal import Reactor
internal import Registry

/// What the daemon knows of every path that might be one of a device.
extension Supervisor {
  func paths(_ params: NoParams, _ respond: @escaping Respond<PathsMethod>) {
    respond(.success(PathsMethod.Result(paths: pathFacts())))
  }

  /// Candidates, and paths of devices that are none; from memory alone.
  private func pathFacts() -> [PathFacts] {
    var facts = taster.candidates.candidates().map { fact(of: $0) }
    for device in devices where !device.isBeingDestroyed {
      for entry in device.paths where taster.candidates[entry.path] == nil {
        facts.append(fact(of: entry, device))
      }
    }
    return facts
  }

  private func fact(of candidate: Candidate) -> PathFacts {
    var facts = PathFacts(path: candidate.path, state: .new)
    switch candidate.state {
    case .new: facts.state = .new
    case .silent: facts.state = .silent
    case .unlabelled: facts.state = .unlabelled
    case .labelled: facts.state = .labelled
    case .refused(let reason): (facts.state, facts.reason) = (.refused, reason)
    case .busy: facts.state = .busy
    case .unreadable(let reason): (facts.state, facts.reason) = (.unreadable, reason)
    }
    facts.kernelName = candidate.identity?.kernelName
    facts.number = candidate.identity?.number
    facts.aliases = candidate.identity.flatMap { $0.aliases.isEmpty ? nil : $0.aliases }
    facts.serial = candidate.identity?.serial
    facts.wwn = candidate.identity?.wwn
    facts.model = candidate.identity?.model
    facts.sizeBytes = candidate.sizeBytes > 0 ? candidate.sizeBytes : nil
    facts.blockBytes = candidate.blockBytes > 0 ? candidate.blockBytes : nil
    facts.uuid = candidate.uuid
    facts.label = candidate.label
    if let owner = owners.devices(named: candidate.path).first(where: { !$0.isBeingDestroyed }) {
      facts.device = owner.name.text
      if let entry = owner.paths.first(where: { $0.path == candidate.path && $0.isOpen }) {
        facts.state = .inService
        // What has become of it since the last look, its owner knows.
        facts.sizeBytes = entry.sizeBytes ?? facts.sizeBytes
        facts.uuid = owner.label?.record.uuid.text
        facts.label = owner.label?.record.name.text
      }
    }
    return facts
  }

  private func fact(of entry: PathEntry, _ device: DeviceEntry) -> PathFacts {
    var facts = PathFacts(path: entry.path, state: entry.isOpen ? .inService : .unreadable)
    facts.reason = entry.isOpen ? nil : entry.remark
    facts.sizeBytes = entry.sizeBytes ?? device.medium.geometry.sizeBytes
    if entry.isOpen {
      facts.uuid = device.label?.record.uuid.text
      facts.label = device.label?.record.name.text
    }
    facts.device = device.name.text
    return facts
  }

  // MARK: Looks

  /// What a look has shown goes into the table.
  func noteLook(_ path: String, _ result: Result<MediumLook, OpenFailure>) {
    guard let old = taster.candidates[path] else { return }
    var candidate = Candidate(path: path)
    candidate.identity = old.identity
    switch result {
    case .failure(let failure) where failure.errno == ENOENT:
      // It went while it was being looked at.
      taster.candidates.remove(path)
      return
    case .failure(let failure):
      candidate.state =
        failure.errno == EBUSY
        ? .busy : .unreadable(failure.trouble?.sentence ?? ErrnoText.sentence(failure.errno))
    case .success(let look):
      candidate.identity = look.block ?? old.identity
      candidate.sizeBytes = look.sizeBytes
      candidate.blockBytes = look.blockBytes
      switch look.verdict {
      case .unlabelled: candidate.state = .unlabelled
      case .refused(let refusal):
        candidate.state = .refused(refusal.message)
        candidate.label = refusal.record?.name.description
      case .labelled(let record, _):
        candidate.state = .labelled
        candidate.uuid = record.uuid.text
        candidate.label = record.name.description
      }
    }
    taster.candidates.set(candidate)
  }

  func noteSilence(_ path: String) {
    guard var candidate = taster.candidates[path] else { return }
    candidate.state = .silent
    taster.candidates.set(candidate)
  }

  /// The path of a block device that the kernel has taken away.
  func departed(_ path: String, _ number: UInt64?) {
    if taster.candidates.remove(path) != nil {
      log.info("a candidate has gone", metadata: ["path": "\(path)"])
    }
    var gone = owners.devices(named: path)
    if let number { gone += owners.devices(with: .block(device: number)) }
    for device in gone where !device.isBeingDestroyed {
      for entry in device.paths
      where entry.isOpen
        && (entry.path == path || number.map { entry.identity == .block(device: $0) } == true)
      {
        takenAway(entry.id, of: device)
      }
    }
  }
}
