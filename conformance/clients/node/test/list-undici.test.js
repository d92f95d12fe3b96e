import { library } from '../src/with-undici.js';
import { rows } from './stepping.js';

rows(library);
