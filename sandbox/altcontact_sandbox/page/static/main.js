// Starts the page: each part draws itself whenever what it shows has changed.
import { mountAws } from "./aws/pane.js";
import { mountBar } from "./bar/bar.js";
import { mountComposer } from "./slack/composer.js";
import { mountMessages } from "./slack/messages.js";
import { mountModals } from "./slack/modal.js";
import { mountSidebar } from "./slack/sidebar.js";
import { mountThread } from "./slack/thread.js";
import { mountTour } from "./bar/tour.js";
import { mountWire } from "./wire/wire.js";
import { follow } from "./shared/store.js";

const place = (id) => document.getElementById(id);

mountBar(place("bar"));
mountSidebar(place("sidebar"));
mountMessages(place("messages"), place("conversation-head"));
mountThread(place("thread"));
mountComposer(place("composer"));
mountModals(place("modals"));
mountAws(place("aws"));
mountTour(place("tour"));
mountWire(place("wire"));
follow();
