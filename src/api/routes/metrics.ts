import { maySee } from '../../model/person.ts';
import { isAnswer } from '../admit.ts';
import { type Answer, empty, json } from '../answer.ts';
import { byCountry, byService, byUser, csvOf, isGroup } from '../metrics/breakdown.ts';
import { figuresOf } from '../metrics/figures.ts';
import { askingOf, metricsError } from '../metrics/span.ts';
import { summaryOf } from '../metrics/summary.ts';
import { metricOf, metricsOf, wrongMetric } from '../metrics/value.ts';
import type { ApiParts } from '../parts.ts';
import type { PersonalCall, Route } from '../route.ts';

/** What was asked of services and what that took: in all, of one service, and in parts. */
export const metricsRoutes = (parts: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/system/metrics',
    access: 'person',
    handle: ({ query, person }) => {
      const asking = askingOf(query, parts.now());
      if (isAnswer(asking)) return asking;
      return json(200, summaryOf(asking, figuresOf(parts, asking, { person })));
    },
  },
  { method: 'get', path: '/system/metrics/breakdown', access: 'person', handle: (call) => breakdown(parts, call) },
  { method: 'get', path: '/system/metrics/:serviceName', access: 'person', handle: (call) => ofService(parts, call) },
];

function breakdown(parts: ApiParts, { query, person }: PersonalCall): Answer {
  const asking = askingOf(query, parts.now());
  if (isAnswer(asking)) return asking;
  const asked = query.get('group_by')?.trim() ?? '';
  if (asked === '') return metricsError('group_by is required');
  const format = word(query.get('format') ?? 'json');
  if (format !== 'json' && format !== 'csv') return metricsError('invalid format');
  const group = asked.toLowerCase();
  if (!isGroup(group)) return metricsError('unsupported group_by');
  const includeUsers = word(query.get('include_users')) === 'true';
  if (format === 'csv' && group === 'service' && includeUsers) {
    return metricsError('include_users is not supported for csv');
  }
  const figures = figuresOf(parts, asking, { person });
  const items = {
    service: () => byService(figures, includeUsers),
    user: () => byUser(figures),
    country: () => byCountry(figures),
  };
  const found = items[group]();
  if (format === 'csv') return { status: 200, headers: { 'Content-Type': 'text/csv' }, body: csvOf(group, found) };
  return json(200, { start: asking.start, end: asking.end, group_by: asked, items: found });
}

function ofService(parts: ApiParts, { params, query, person }: PersonalCall): Answer {
  const name = params.serviceName?.trim() ?? '';
  if (name === '') return metricsError('serviceName is required');
  const service = parts.store.services.get(name);
  // OSCAR: the administrator may ask about what is gone, or never was.
  if (person.kind === 'user' && !service) return empty(404);
  if (service && !maySee(service.definition, person)) return empty(403);
  const asking = askingOf(query, parts.now());
  if (isAnswer(asking)) return asking;
  const metric = query.get('metric')?.trim() ?? '';
  const wrong = metric === '' ? undefined : wrongMetric(metric);
  if (wrong) return metricsError(wrong);
  const figures = figuresOf(parts, asking, { person, only: name });
  return json(
    200,
    metric === '' ? metricsOf(asking, figures, name) : metricOf(asking, figures, { service: name, metric }),
  );
}

const word = (text: string | null): string => (text ?? '').trim().toLowerCase();
