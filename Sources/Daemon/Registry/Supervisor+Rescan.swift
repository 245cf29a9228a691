internal import BlockIO
internal import Control
internal import Label
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
    listCandidates(of: rule) { [self] names, missing in
      let lost = missing.filter { !taster.looking.contains($0) }
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
  ///
  /// - Parameter done: Gets all candidates in the order of `TastePlan`, and those known ones that are none any more.
  private func listCandidates(
    of rule: TasteRule, _ done: @escaping (_ names: [String], _ missing: [String]) -> Void
  ) {
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
        let isStarted = HelperThreads.start("mpath-list") {
          inbox.post(.answer(ticket: ticket, .labelled(.candidates(source.paths()))))
        }
        if !isStarted { inbox.post(.answer(ticket: ticket, .timedOut)) }
      },
      { [self] in
        merge(zip(sources, answers).map { $0 }, by: rule, done)
      })
  }

  /// Ten thousand names are put in order where nobody waits for it.
  private func merge(
    _ answers: [(source: TasteRule.Source, paths: [String]?)], by rule: TasteRule,
    _ done: @escaping (_ names: [String], _ missing: [String]) -> Void
  ) {
    let known = Array(taster.candidates.paths)
    let work: @Sendable () -> (names: [String], missing: [String]) = {
      var names: Set<String> = []
      for (source, paths) in answers {
        names.formUnion(paths ?? known.filter { source.mayName($0) })
      }
      names = names.filter { !rule.isDenied($0) }
      return (
        names.sorted(by: TastePlan.inOrder), known.filter { !names.contains($0) }.sorted()
      )
    }
    let ticket = openTicket { answer in
      guard case .labelled(.merged(let names, let missing)) = answer else {
        let (names, missing) = work()
        return done(names, missing)
      }
      done(names, missing)
    }
    let inbox = inbox
    let isStarted = HelperThreads.start("mpath-merge") {
      let (names, missing) = work()
      inbox.post(.answer(ticket: ticket, .labelled(.merged(names: names, missing: missing))))
    }
    if !isStarted { inbox.post(.answer(ticket: ticket, .timedOut)) }
  }

  private func reopenLostPaths() {
    let all = devices
    inSlices(all.count) { [self] index in
      let device = all[index]
      guard !device.isBeingDestroyed else { return }
      for place in device.paths.indices where !device.paths[place].isOpen {
        reopen(device.paths[place].id, of: device) { _ in }
      }
    } _: {
    }
  }

  // MARK: Paths in service

  /// Reads size, label and samples of every path that is open. One that shows another medium is not used any more;
  /// one that does not answer is the data path's business.
  private func recheck(_ done: @escaping (_ checked: Int, _ foreign: [PathRemark]) -> Void) {
    var all: [(device: UInt32, path: UInt32)] = []
    for device in devices where !device.isBeingDestroyed {
      for place in device.paths.indices
      where device.paths[place].isOpen && !device.paths[place].isForeign
        && !beingRead.contains(device.paths[place].id)
      {
        all.append((device.id, device.paths[place].id))
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
        beingRead.insert(path)
        let ticket = openTicket { [self] answer in
          beingRead.remove(path)
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
