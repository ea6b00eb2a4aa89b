// Whether a server answers 200. Its certificate is not looked at: whether that is right is for the test to find.

import { get } from 'node:http';
import { get as getOverTls } from 'node:https';

export function answersOk(url: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const answered = (status: number | undefined): void => resolve(status === 200);
    const options = { headers, agent: false } as const;
    const question = url.startsWith('https:')
      ? getOverTls(url, { ...options, rejectUnauthorized: false }, (answer) =>
          answered(answer.resume().statusCode),
        )
      : get(url, options, (answer) => answered(answer.resume().statusCode));
    question.once('error', reject);
  });
}
