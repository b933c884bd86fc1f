package io.raftkv.service;

/** What an error says about the effect of the request. */
enum Outcome {
  /** Certainly without effect. */
  NOT_APPLIED("not_applied"),
  /** It may have taken effect, now or later. */
  UNKNOWN("unknown"),
  /** It could only have read. */
  READ("read");

  private final String text;

  Outcome(String text) {
    this.text = text;
  }

  /** As it stands in the metadata of an error. */
  String text() {
    return text;
  }
}
