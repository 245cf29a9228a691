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
    case finishes = "everything finishes once the faults have stopped"
  }

  package let rule: Rule
  package let detail: String
  package let at: Instant
}
