import { type Logger, pino } from "pino";
import { describeError } from "../api/describe-error.ts";

/** An e-mail address, also one in a URL, where its @ is %40. Begins where a word begins, so that long words cost nothing. */
const EMAIL =
  /(?<![^\s"<>()[\]:;,@\\/=&?])[^\s"<>()[\]:;,@\\/=&?]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/giu;
/** Secrets as Stripe and Slack write them, and passwords in addresses. */
const SECRET =
  /\b(?:sk|rk|whsec)_[\w+/=-]{6,}|(?<=hooks\.slack\.com\/)[\w/]+|(?<=:\/\/[^\s:/@"]{0,64}:)[^\s/"]+(?=@)/g;
/** Fourteen digits or more, with or without gaps; a UUID is none. */
const DIGITS = /(?<![\w-])(?!\d{8}-\d{4}-\d{4}-\d{4}-\d{12}(?![\w-]))\d(?:[ -]?\d){13,}(?![\w-])/g;
/** Mastercard's second series, and all the others: 14 to 19 digits. */
const CARD = /^(?:2[2-7]\d{14}|[3-6]\d{13,18})$/;

/**
 * The log of a process: JSON lines. Nothing personal and no secret is meant to reach it; what does all the same, in
 * the words of a driver or a provider, is taken out here (R10).
 */
export function createLog(level: string, write?: (line: string) => void): Logger {
  return pino(
    { level, base: null, serializers: { err: describeError }, hooks: { streamWrite: scrubLine } },
    write === undefined ? pino.destination({ dest: 1, sync: true }) : { write },
  );
}

/** By its values, not as text: in the text an escape may stand where a word begins. */
function scrubLine(line: string): string {
  try {
    return `${JSON.stringify(scrubValue(JSON.parse(line)))}\n`;
  } catch {
    return scrub(line);
  }
}

function scrubValue(value: unknown): unknown {
  if (typeof value === "string") return scrub(value);
  if (typeof value === "number") return scrub(`${value}`) === `${value}` ? value : "[card]";
  if (Array.isArray(value)) return value.map(scrubValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [scrub(name), scrubValue(each)]));
}

/** The text without e-mail addresses, card numbers and secrets. */
export const scrub = (text: string): string =>
  text
    .replace(SECRET, "[secret]")
    .replace(EMAIL, "[e-mail]")
    .replace(DIGITS, (digits) => (holdsCard(digits.split(/[ -]/)) ? "[card]" : digits));

/** Whether some of the groups that follow each other make a card number: an expiry date may stand beside it. */
const holdsCard = (groups: readonly string[]): boolean =>
  groups.some((_, start) => {
    let digits = "";
    return groups.slice(start, start + 19).some((group) => {
      digits += group;
      return isCard(digits);
    });
  });

const isCard = (digits: string): boolean => CARD.test(digits) && isLuhn(digits);

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
