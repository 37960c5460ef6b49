import type { NodemailerError } from "nodemailer";
import { DeliveryRefused } from "./channel.ts";

/** The commands whose refusal is about one address or one message; a refused login or sender is about our settings. */
const ABOUT_THE_MESSAGE = ["RCPT TO", "DATA"];
/** `550 5.7.1`: refused by a policy, such as one against strangers who relay. That is ours to mend (RFC 3463). */
const POLICY = /^5\d\d[ -]5\.7\./;

/**
 * What a mail server's refusal or silence means: DeliveryRefused, when the same message would be refused again; else
 * to be tried again. In our own words, since the server's may name the address.
 */
export function smtpFailure(error: unknown): Error {
  if (!(error instanceof Error)) return new Error("the mail was not sent");
  const { code, originalCode, command, response = "", responseCode, permanent }: NodemailerError = error;
  if (responseCode === undefined) {
    // The library itself has found no address to write to.
    return code === "EENVELOPE"
      ? new DeliveryRefused("the customer's address is none")
      : new Error(`the mail server does not answer (${originalCode ?? code ?? error.name})`);
  }
  const answer = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] ?? `${responseCode}`;
  return permanent && ABOUT_THE_MESSAGE.includes(command ?? "") && !POLICY.test(response)
    ? new DeliveryRefused(`the mail server refused it: ${answer}`)
    : new Error(`the mail server answered ${answer}`);
}
