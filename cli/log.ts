import { type Logger, pino } from "pino";
import { describeError } from "../api/describe-error.ts";

const EMAIL = /[\w.+-]+@[\w-]+(\.[\w-]+)+/g;
/** Secrets as Stripe and Slack write them, and passwords in addresses. */
const SECRET =
  /\b(sk|rk|whsec)_\w{6,}|(?<=hooks\.slack\.com\/)[\w/]+|(?<=:\/\/[^\s:/@"]{1,64}:)[^\s@/"]+(?=@)/g;
/** Card numbers: 14 to 19 digits, with or without gaps, that begin as cards do. */
const DIGITS = /(?<![\w-])[3-6](?:[ -]?\d){13,18}(?![\w-])/g;

/**
 * The log of a process: JSON lines. Nothing personal and no secret is meant to reach it; what does all the same, in
 * the words of a driver or a provider, is taken out here (R10).
 */
export function createLog(level: string, write?: (line: string) => void): Logger {
  return pino(
    { level, base: null, serializers: { err: describeError }, hooks: { streamWrite: scrub } },
    write === undefined ? pino.destination({ dest: 1, sync: true }) : { write },
  );
}

/** The text without e-mail addresses, card numbers and secrets. */
export const scrub = (text: string): string =>
  text
    .replace(SECRET, "[secret]")
    .replace(EMAIL, "[e-mail]")
    .replace(DIGITS, (digits) => (isLuhn(digits.replace(/\D/g, "")) ? "[card]" : digits));

/** The check digit that every card number ends with (ISO/IEC 7812-1). */
function isLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, position) => {
      const value = Number(digit) * (position % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
