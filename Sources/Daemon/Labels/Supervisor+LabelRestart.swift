internal import BlockIO
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Multipath
internal import Reactor

/// Bringing back the labelled devices of the state file: where their paths were, which of them an operator
/// holds, and what was set. Whether a path belongs to its device its label says.
extension Supervisor {
  func restoreLabelled(
    _ specification: DeviceSpecification, _ remembered: DeviceSpecification.Label,
    _ done: @escaping () -> Void
  ) {
    let giveUp: (String) -> Void = { [self] reason in
      log.error(
        "device not restored: \(reason)", metadata: ["device": "\(specification.name)"])
      done()
    }
    let medium: Medium
    let (settings, each): (DeviceSettings, [PathSettings])
    let name: DeviceName
    do throws(ControlError) {
      name = try DeviceName(specification.name)
      medium = try Self.medium(of: specification, remembered)
      (settings, each) = try specification.currentSettings()
    } catch {
      return giveUp(error.message)
    }
    let paths = specification.paths.map { $0.path }
    let manners = each.map {
      OpeningManner($0, buffered: specification.options.io == .buffered, busyTries: 200)
    }
    open(paths, manners) { [self] results in
      present(medium, results) { [self] medium in
        guard let label = medium.label, let served = label.served(of: medium.geometry) else {
          for case .success(let opened) in results { PathOpener.close(opened.access) }
          return giveUp("its label leaves nothing to serve")
        }
        readmit(specification, each, medium, results) { [self] entries, lost in
          let preferred = entries.first { $0.path == specification.preferred }?.id
          serve(
            name, settings, served, specification.options, entries, lost: lost,
            preferred: preferred, cache: specification.cache, label: label
          ) { [self] outcome in
            finishRestore(name, outcome, entries)
            if let kernel = specification.kernel, case .success(let device) = outcome {
              restoreKernelLink(kernel, of: device)
            }
            done()
          }
        }
      }
    }
  }

  /// The medium as it is now, where it has grown since the state file was written: its label is at the new
  /// end, if a daemon had still moved it, or where it was.
  private func present(
    _ medium: Medium, _ results: [Result<OpenedPath, OpenFailure>],
    _ done: @escaping (Medium) -> Void
  ) {
    let grown = Self.grown(medium.geometry, results)
    guard grown != medium.geometry, var label = medium.label,
      let record = try? label.record.changed(sizeBytes: grown.sizeBytes),
      let first = results.lazy.compactMap({ try? $0.get() }).first,
      let source = first.access.source
    else { return done(medium) }
    label.record = record
    let moved = Medium(geometry: grown, label: label)
    compareOne(source, nil, moved) { verdict in
      done(verdict == .same ? moved : medium.grown(to: grown.sizeBytes))
    }
  }

  private static func medium(
    of specification: DeviceSpecification, _ remembered: DeviceSpecification.Label
  ) throws(ControlError) -> Medium {
    guard
      let geometry = Geometry(
        sizeBytes: specification.sizeBytes, blockBytes: specification.blockBytes)
    else { throw ControlError(.refused, "the size in the state file cannot be") }
    do throws(LabelError) {
      let record = try LabelRecord(
        uuid: LabelUUID(remembered.uuid), name: LabelName(remembered.name),
        mode: specification.mode.labelMode, sectorBytes: remembered.sectorBytes,
        sizeBytes: specification.sizeBytes)
      return Medium(
        geometry: geometry, label: DeviceLabel(record: record, sectorBytes: remembered.sectorBytes))
    } catch {
      throw ControlError(.refused, "the label in the state file cannot be: \(error.message)")
    }
  }

  /// Paths that prove right, those that are missing, as LOST, and, unless others are right, those that show
  /// something else. With a path that is right the latter are dropped: their names have come to mean
  /// another medium, and the taste that follows finds the medium under its new name.
  private func readmit(
    _ specification: DeviceSpecification, _ each: [PathSettings], _ medium: Medium,
    _ results: [Result<OpenedPath, OpenFailure>],
    _ done: @escaping ([PathEntry], [UInt32: FaultCause]) -> Void
  ) {
    var entries: [PathEntry] = []
    var lost: [UInt32: FaultCause] = [:]
    var opened: [Admitted] = []
    let block = medium.geometry.blockBytes
    let shown =
      medium.shownBytes.flatMap { Geometry(sizeBytes: $0, blockBytes: block) } ?? medium.geometry
    for (index, path) in specification.paths.enumerated() {
      var entry = PathEntry(id: newID(), path: path.path, isHeld: path.held)
      entry.settings = each[index]
      if let success = usable(path.path, results[index], shown, &entry, &lost) {
        opened.append((path.path, success))
      }
      entries.append(entry)
    }
    compareAll(opened, medium) { [self] same, different in
      for (path, opened) in same {
        guard let index = entries.firstIndex(where: { $0.path == path }) else { continue }
        entries[index].take(opened)
      }
      for remark in different {
        guard let index = entries.firstIndex(where: { $0.path == remark.path }) else { continue }
        if same.isEmpty {
          reject(&entries[index], remark.reason, &lost)
        } else {
          log.warning(
            "path dropped: \(remark.reason)",
            metadata: ["device": "\(specification.name)", "path": "\(remark.path)"])
          entries.remove(at: index)
        }
      }
      done(entries, lost)
    }
  }
}
