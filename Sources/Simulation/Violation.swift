package import BlockIO

/// A promise that the code under test has broken, and when.
package struct Violation: Sendable, Equatable {
  /// Which checker speaks.
  package enum Rule: String, Sendable {
    case answeredOnce = "every request is answered exactly once"
    case readsWhatWasWritten = "a read returns the last acknowledged write or a concurrent one"
    case neverOverwrittenByOlder = "no acknowledged write is overwritten by an older one"
    case flushCovers = "a successful flush covers everything acknowledged before it"
    case issuesOnlyToUsable = "attempts go to usable paths only"
    case triesEachPathOnce =
      "no path is tried again by a request it has answered with an error"
    case triesBeforeFailing = "no error is returned while a path is left to try"
    case waitsOnlyWithoutPath = "requests wait for a path only while none is usable"
    case countersMatch = "counters equal tables"
    case ghostsHoldOthersBack = "nothing is changed where a ghost of another request may land"
    case givesUpOnlyUncontended =
      "no change is given up while another one of the same bytes is under way"
    case buffersAreOwn = "a buffer belongs to one attempt until it has answered"
    case unresolvedStayOut = "a path with unresolved attempts carries nothing"
    case heldInBounds = "no request waits for a ghost longer than it may"
    case hedgesWithinCredit = "hedged reads keep within their credit"
    case strictNeverRetries = "with strict nothing that changes data has two attempts outstanding"
    case bestGroupServes = "only the active or the best group carries requests"
    case silenceIsNoticed = "no read stays with a silent path while others answer"
    case fenceComesFirst =
      "no change goes to another path before the one that it left has been fenced"
    case timePasses = "the machine never spins on one instant"
    case finishes = "everything finishes once the faults have stopped"
  }

  package let rule: Rule
  package let detail: String
  package let at: Instant
}
