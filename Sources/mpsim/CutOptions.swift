import ArgumentParser
import Simulation

/// Breaks the machine on purpose, to see that the checkers notice.
struct DefectOption: ParsableArguments {
  @Option(help: "Break the machine on purpose, to see that it is noticed.")
  var defect = Defect.none

  /// As it stands on a command line, with a blank before it; empty when nothing is broken.
  var option: String { defect == .none ? "" : " --defect \(defect.rawValue)" }
}

extension Defect: ExpressibleByArgument {}

/// What to leave out of a scenario; `mpsim minimise` prints these.
struct CutOptions: ParsableArguments {
  @Option(help: "Troubles to leave out, with commas between them.")
  var without: String?

  @Option(help: "The clients to keep, by number, with commas between them.")
  var clients: String?

  @Option(help: "Requests until the faults stop.")
  var requests: Int?

  func validate() throws {
    for word in words where TroubleSet.words.allSatisfy({ $0.1 != word }) {
      let known = TroubleSet.words.map(\.1).joined(separator: ", ")
      throw ValidationError("There is no trouble '\(word)'. There are: \(known).")
    }
    if let requests, requests < 1 { throw ValidationError("--requests is at least 1.") }
    if let clients, clients.split(separator: ",").contains(where: { Int($0) == nil }) {
      throw ValidationError("--clients takes numbers with commas between them.")
    }
  }

  private var words: [String] { without?.split(separator: ",").map(String.init) ?? [] }

  var cut: ScenarioCut {
    var cut = ScenarioCut()
    for (trouble, word) in TroubleSet.words where words.contains(word) {
      cut.without.insert(trouble)
    }
    cut.clients = clients?.split(separator: ",").compactMap { Int($0) }
    cut.requests = requests
    return cut
  }
}
