package io.raftkv.e2e.input;

import java.util.regex.Pattern;

/**
 * One bad input.
 *
 * @param name what it is
 * @param expected what the answer has to match as a whole
 * @param input sends it
 */
public record BadInputRow(String name, Pattern expected, Input input) {
  /** Sends something and puts the answer into words, on one line. */
  @FunctionalInterface
  public interface Input {
    String send() throws Exception;
  }

  static BadInputRow of(String name, String expected, Input input) {
    return new BadInputRow(name, Pattern.compile(expected), input);
  }

  /** The answer, or what went wrong with asking. */
  public String send() throws InterruptedException {
    try {
      return input.send();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return "cannot be asked: " + e;
    }
  }

  public boolean isExpected(String answer) {
    return expected.matcher(answer).matches();
  }
}
