### A company's apps.

admin-title = Company apps
admin-lead = What people at your company can connect. Turned off, an app stops at once, and keeps its connections.
admin-on = On
admin-off = Off
admin-turn-off = Turn off
admin-turn-on = Turn on
admin-turn-off-app = Turn off { $app }
admin-turn-on-app = Turn on { $app }
