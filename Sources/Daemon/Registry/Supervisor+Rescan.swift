internal import BlockIO
internal import Control
internal import Logging
internal import Reactor
internal import Registry

/// A look at everything from scratch, under whatever load there is: what events have told before does not count.
extension Supervisor {
  func rescan(_ params: RescanMethod.Params, _ respond: @escaping Respond<RescanMethod>) {
    rescanEverything(isDry: params.dryRun == true, isByOperator: true, respond)
  }

  /// Where the media of labelled devices were that an operator has stopped. Their labels bring them back, whether
  /// or not anybody else would look there.
  func pathsOfStoppedLabels() -> [String] {
    stopped.filter { $0.label != nil }.flatMap { $0.paths.map { $0.path } }
  }

  /// Reads the configuration again, lists every candidate anew, tastes them and `others`, and checks every path in
  /// service.
  func look(
    isDry: Bool, besides others: [String],
    _ done: @escaping (Result<RescanMethod.Result, ControlError>) -> Void
  ) {
    var rule = taster.rule
    do throws(ControlError) {
      try rule.reread()
    } catch {
      log.error("\(error.message)")
      return done(.failure(error))
    }
    if !isDry {
      taster.rule = rule
      watchFolders()
    }
    listCandidates(of: rule) { [self] names in
      let lost = taster.candidates.paths.subtracting(names)
        .subtracting(taster.looking).sorted()
      if !isDry {
        taster.forgetArrivals()
        for path in lost { taster.candidates.remove(path) }
        reopenLostPaths()
      }
      taste(names, besides: others, isDry: isDry) { [self] result in
        var result = result
        result.lost = lost.isEmpty ? nil : lost
        if isDry { return done(.success(result)) }
        recheck { checked, foreign in
          result.rechecked = checked
          result.foreign = foreign.isEmpty ? nil : foreign
          done(.success(result))
        }
      }
    }
  }

  /// Asks every source on a thread of its own; for one that hangs what is known counts.
  private func listCandidates(of rule: TasteRule, _ done: @escaping ([String]) -> Void) {
    let sources = rule.sources
    var answers = [[String]?](repeating: nil, count: sources.count)
    inCrowd(
      sources.count,
      { [self] index, ended in
        let source = sources[index]
        let ticket = openTicket { answer in
          if case .labelled(.candidates(let names)) = answer { answers[index] = names }
          ended()
        }
        let inbox = inbox
        let isStarted = Thread.start("mpath-list") {
          inbox.post(.answer(ticket: ticket, .labelled(.candidates(source.paths()))))
        }
        if !isStarted { inbox.post(.answer(ticket: ticket, .timedOut)) }
      },
      { [self] in
        var names: Set<String> = []
        for (source, answer) in zip(sources, answers) {
          names.formUnion(answer ?? taster.candidates.paths.filter { source.mayName($0) })
        }
        done(names.filter { !rule.isDenied($0) }.sorted())
      })
  }

  private func reopenLostPaths() {
    for device in devices where !device.isBeingDestroyed {
      for entry in device.paths where !entry.isOpen {
        reopen(entry.id, of: device) { _ in }
      }
    }
  }

  // MARK: Paths in service

  /// Reads size, label and samples of every path that is open. One that shows another medium is not used any more;
  /// one that does not answer is the data path's business.
  private func recheck(_ done: @escaping (_ checked: Int, _ foreign: [PathRemark]) -> Void) {
    var all: [(device: UInt32, path: UInt32)] = []
    for device in devices where !device.isBeingDestroyed {
      for entry in device.paths where entry.isOpen && !entry.isForeign && !entry.isChecking {
        all.append((device.id, entry.id))
      }
    }
    var checked = 0
    var foreign: [PathRemark] = []
    inCrowd(
      all.count,
      { [self] index, ended in
        let (id, path) = all[index]
        guard let device = owners.device(id), let place = device.index(ofPath: path),
          let source = device.paths[place].access.source, device.paths[place].network == nil
        else { return ended() }
        device.paths[place].isChecking = true
        let ticket = openTicket { [self] answer in
          if let place = device.index(ofPath: path) { device.paths[place].isChecking = false }
          if case .compared(let verdict) = answer {
            if verdict.trouble == nil { checked += 1 }
            if let remark = judge(verdict, path, device) { foreign.append(remark) }
          }
          ended()
        }
        let inbox = inbox
        MediumComparison.start(path: source, reference: nil, medium: device.medium) { verdict in
          inbox.post(.answer(ticket: ticket, .compared(verdict)))
        }
      },
      { done(checked, foreign) })
  }

  private func judge(
    _ verdict: MediumComparison.Verdict, _ path: UInt32, _ device: DeviceEntry
  ) -> PathRemark? {
    guard let place = device.index(ofPath: path) else { return nil }
    let entry = device.paths[place]
    switch verdict {
    case .same, .unreadable, .unreachable: return nil
    case .resized:
      watchSize(of: device)
      return nil
    case .different, .mislabelled:
      guard let error = error(verdict, path: entry.path, sibling: device.name.text) else {
        return nil
      }
      log.error("path shows another medium", metadata: metadata(device, entry.path))
      markForeign(path, device, error.message)
      return PathRemark(path: entry.path, reason: error.message)
    }
  }
}
