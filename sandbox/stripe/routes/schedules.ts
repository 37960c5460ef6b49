import { find } from "../errors.ts";
import { boolean, range, text, within } from "../http/params.ts";
import { list, type Route, retrieve, route } from "../http/route.ts";
import { createSchedule, releaseNow, updateSchedule } from "../schedules/manage.ts";
import { createScheduleParams, updateScheduleParams } from "../schedules/params.ts";
import { scheduleView } from "../views/schedule.ts";

const path = "/v1/subscription_schedules";
const kind = "subscription_schedule";

export const scheduleRoutes: Route[] = [
  route("POST", path, createScheduleParams, ({ work }, params) =>
    scheduleView(work, createSchedule(work, params)),
  ),
  list(
    path,
    { customer: text.optional(), created: range.optional() },
    ({ work }, params) =>
      Object.values(work.state.schedules).filter(
        (schedule) =>
          (params.customer === undefined || schedule.customer === params.customer) &&
          within(schedule.created, params.created),
      ),
    scheduleView,
  ),
  retrieve(`${path}/:id`, kind, (work) => work.state.schedules, scheduleView),
  route("POST", `${path}/:id`, updateScheduleParams, ({ work, id }, params) =>
    scheduleView(work, updateSchedule(work, find(work.state.schedules, id, kind), params)),
  ),
  route(
    "POST",
    `${path}/:id/release`,
    { preserve_cancel_date: boolean.optional() },
    ({ work, id }, params) => {
      const schedule = find(work.state.schedules, id, kind);
      return scheduleView(work, releaseNow(work, schedule, params.preserve_cancel_date === true));
    },
  ),
];
