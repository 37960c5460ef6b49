import type { Instant } from "./time.ts";
import { DAY } from "./time.ts";

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** Days before 1970 of 1 March of the year 0, from which the calendar repeats every 400 years. */
const DAYS_TO_1970 = 719_468;
const DAYS_IN_400_YEARS = 146_097;

/** The day of a moment for people, in UTC: `9 December 2026`. The pure form of what Date knows (R13). */
export function dayInWords(at: Instant): string {
  // Years begin in March here, so that the leap day is the last of its year (howardhinnant.github.io/date_algorithms.html).
  const days = Math.floor(at / DAY) + DAYS_TO_1970;
  const era = Math.floor(days / DAYS_IN_400_YEARS);
  const dayOfEra = days - era * DAYS_IN_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = (monthFromMarch + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return `${day} ${MONTHS[month]} ${year}`;
}
