internal import BlockIO
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Reactor

/// `clear` and `dump`: labels of media that need not belong to a device.
extension Supervisor {
  // MARK: clear

  func clear(_ params: PathList, _ respond: @escaping Respond<ClearMethod>) {
    do throws(ControlError) {
      try params.check()
    } catch {
      return respond(.failure(error))
    }
    clear(params.paths[...], ClearMethod.Result(cleared: [], refused: []), respond)
  }

  /// One after the other, so that a path given twice, or a medium under two names, is no race.
  private func clear(
    _ paths: ArraySlice<String>, _ result: ClearMethod.Result,
    _ respond: @escaping Respond<ClearMethod>
  ) {
    guard let path = paths.first else { return respond(.success(result)) }
    clearOne(path) { [self] error in
      let cleared = error == nil ? result.cleared + [path] : result.cleared
      let refused =
        result.refused
        + (error.map { [PathRemark(path: path, reason: $0.message, hint: $0.hint)] } ?? [])
      clear(
        paths.dropFirst(), ClearMethod.Result(cleared: cleared, refused: refused), respond)
    }
  }

  private func clearOne(_ path: String, _ done: @escaping (ControlError?) -> Void) {
    let manner = OpeningManner(PathSettings(), buffered: false)
    openOne(path, manner) { [self] result in
      let opened: OpenedPath
      let geometry: Geometry
      do throws(ControlError) {
        geometry = try judge([path], [result], expected: nil, allowDuplicate: false)
        guard case .success(let success) = result else {
          throw ControlError(.internal, "a path that is not open passed the checks")
        }
        opened = success
      } catch {
        if case .success(let opened) = result { PathOpener.close(opened.access) }
        return done(error)
      }
      guard let source = opened.access.source else {
        return done(ControlError(.internal, "an open path has no descriptor"))
      }
      // A partition's label stands in its last sector as a disk's does.
      let kind: Taste.Kind = opened.identity.isBlockDevice ? .disk : .file
      elsewhere(
        "mpath-label", through: source,
        { LabelWork.wipe(through: $0, geometry, kind: kind) }
      ) { [self] answer in
        PathOpener.close(opened.access)
        let error = Self.clearError(answer, PrintableText.escaped(path))
        if error == nil { log.info("label cleared", metadata: ["path": "\(path)"]) }
        done(error)
      }
    }
  }

  private static func clearError(_ answer: LabelAnswer?, _ shown: String) -> ControlError? {
    switch answer {
    case .done: nil
    case .refused(let error):
      ControlError(
        .refused, "\(shown): \(error.message)",
        hint: "mpctl dump \(shown) shows what its last sector says")
    case .failed(let trouble):
      ControlError(.refused, "\(shown): \(trouble.sentence)", hint: trouble.hint)
    case .unreadable:
      ControlError(
        .refused, "\(shown) still shows the label that was wiped",
        hint: "the path or the medium is broken")
    case .foreign, .looked, .candidates, .merged, .watching, nil:
      ControlError(
        .timeout, "\(shown) did not answer", hint: "name another path to the same medium")
    }
  }

  // MARK: dump

  func dump(_ params: PathList, _ respond: @escaping Respond<DumpMethod>) {
    do throws(ControlError) {
      try params.check()
    } catch {
      return respond(.failure(error))
    }
    dump(params.paths[...], [], respond)
  }

  private func dump(
    _ paths: ArraySlice<String>, _ media: [MediumFacts], _ respond: @escaping Respond<DumpMethod>
  ) {
    guard let path = paths.first else { return respond(.success(DumpMethod.Result(media: media))) }
    elsewhere("mpath-label", { .looked(LabelWork.look(path, evenIfHeld: true)) }) {
      [self] answer in
      dump(paths.dropFirst(), media + [facts(path, answer)], respond)
    }
  }

  private func facts(_ path: String, _ answer: LabelAnswer?) -> MediumFacts {
    guard case .looked(let result) = answer else {
      return MediumFacts(path: path, problem: "it did not answer")
    }
    let look: MediumLook
    switch result {
    case .failure(let failure):
      return MediumFacts(path: path, problem: failure.error(path: path, owner: nil).message)
    case .success(let success): look = success
    }
    let (record, problem): (LabelRecord?, String?) =
      switch look.verdict {
      case .unlabelled: (nil, LabelError.absent.message)
      case .labelled(let record, _): (record, nil)
      case .refused(let refusal): (refusal.record, refusal.message)
      }
    return MediumFacts(
      path: path, sizeBytes: look.sizeBytes, blockBytes: look.blockBytes,
      label: record.map(Self.facts), problem: problem,
      device: look.identity.flatMap { owner(of: $0) })
  }

  private static func facts(_ record: LabelRecord) -> MediumFacts.Label {
    MediumFacts.Label(
      version: LabelRecord.version, name: record.name.text, uuid: record.uuid.text,
      mode: record.mode.deviceMode, sizeBytes: record.sizeBytes, sectorBytes: record.sectorBytes)
  }
}
